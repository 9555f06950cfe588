"""Write `domain/iso4217.py` from the package iso4217, which carries the published ISO 4217 list.

Run it after an upgrade of that package: `.venv/bin/python scripts/generate_currencies.py`.
"""

from collections import defaultdict
from pathlib import Path
from textwrap import wrap

from iso4217 import Currency

TARGET = Path(__file__).parents[1] / "src/marketpay/domain/iso4217.py"

HEAD = '''"""The digits after the point of each currency in ISO 4217.  Generated: do not edit.

`scripts/generate_currencies.py` writes it from the published list.  Codes for which the list
knows no minor unit (gold, bond units, testing, none) are not currencies that anybody pays in.
"""

from typing import Final

CODES: Final[dict[int, str]] = {
'''

TAIL = """}

EXPONENTS: Final[dict[str, int]] = {
    code: exponent for exponent, codes in CODES.items() for code in codes.split()
}
"""


def table() -> str:
    """The text of the module."""
    codes: dict[int, list[str]] = defaultdict(list)
    for currency in Currency:
        if currency.exponent is not None:
            codes[currency.exponent].append(currency.code)
    return HEAD + "".join(group(digits, codes[digits]) for digits in sorted(codes)) + TAIL


def group(digits: int, codes: list[str]) -> str:
    """The lines of the codes that have so many digits, as `ruff format` leaves them."""
    lines = wrap(" ".join(sorted(codes)), 86)
    if len(lines) == 1:
        return f'    {digits}: "{lines[0]}",\n'
    quoted = [f'        "{line} "\n' for line in lines[:-1]] + [f'        "{lines[-1]}"\n']
    return f"    {digits}: (\n{''.join(quoted)}    ),\n"


if __name__ == "__main__":
    TARGET.write_text(table())
