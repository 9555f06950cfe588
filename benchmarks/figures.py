"""Figures that stand for themselves, beside no floor."""

from collections.abc import Mapping

from attrs import field, frozen


@frozen
class Figures:
    """What was measured, in one unit, and what some of it may be at most."""

    title: str
    unit: str
    values: Mapping[str, float]
    limits: Mapping[str, float] = field(factory=dict)

    def met(self, name: str) -> bool:
        """Whether this run kept the limit of that name."""
        return self.values[name] <= self.limits[name]

    def table(self) -> str:
        """As text: a line for each figure, then the limits."""
        width = max(map(len, self.values))
        lines = [self.title]
        for name, value in self.values.items():
            lines.append(f"  {name:<{width}}  {value:>10,.2f} {self.unit}")
        for name, limit in self.limits.items():
            verdict = "reached" if self.met(name) else "MISSED"
            lines.append(f"  goal: {name} at most {limit:g} {self.unit}: {verdict}")
        return "\n".join(lines)

    def data(self) -> dict[str, object]:
        """As what JSON can say."""
        return {
            "title": self.title,
            "unit": self.unit,
            "values": dict(self.values),
            "goals": [
                {"name": name, "at_most": limit, "met": self.met(name)}
                for name, limit in self.limits.items()
            ],
        }
