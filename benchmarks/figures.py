"""Figures that stand for themselves, beside no floor."""

from collections.abc import Iterator, Mapping

from attrs import field, frozen


@frozen
class Figures:
    """What was measured, in one unit, and what some of it may be at most or must be at least."""

    title: str
    unit: str
    values: Mapping[str, float]
    limits: Mapping[str, float] = field(factory=dict)
    least: Mapping[str, float] = field(factory=dict)

    def goals(self) -> Iterator[tuple[str, str, float, bool]]:
        """Each: the name of a figure, `at most` or `at least`, how much, and whether it was."""
        for name, limit in self.limits.items():
            yield name, "at most", limit, self.values[name] <= limit
        for name, least in self.least.items():
            yield name, "at least", least, self.values[name] >= least

    def table(self) -> str:
        """As text: a line for each figure, then the limits."""
        width = max(map(len, self.values))
        lines = [self.title]
        for name, value in self.values.items():
            lines.append(f"  {name:<{width}}  {value:>10,.2f} {self.unit}")
        for name, how, much, is_met in self.goals():
            verdict = "reached" if is_met else "MISSED"
            lines.append(f"  goal: {name} {how} {much:g} {self.unit}: {verdict}")
        return "\n".join(lines)

    def data(self) -> dict[str, object]:
        """As what JSON can say."""
        return {
            "title": self.title,
            "unit": self.unit,
            "values": dict(self.values),
            "goals": [
                {"name": name, how.replace(" ", "_"): much, "met": is_met}
                for name, how, much, is_met in self.goals()
            ],
        }
