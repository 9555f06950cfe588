"""Currencies: the ISO 4217 table, and what a host adds to it."""

from pathlib import Path

import pytest
from iso4217 import Currency

from marketpay.domain import currencies
from marketpay.domain.currencies import MAX_EXPONENT, exponent, register_currency
from marketpay.domain.errors import ConfigurationError, InvalidInput, MoneyError
from marketpay.domain.iso4217 import EXPONENTS
from marketpay.domain.money import Money


@pytest.fixture(autouse=True)
def what_a_test_registers_is_forgotten(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(currencies, "_known", dict(EXPONENTS))


def test_the_table_is_the_published_one_less_what_has_no_minor_unit() -> None:
    published = {c.code: c.exponent for c in Currency if c.exponent is not None}

    assert published == EXPONENTS


def test_the_generator_writes_the_file_that_is_there() -> None:
    root = Path(__file__).parents[2]
    names: dict[str, object] = {"__file__": str(root / "scripts/generate_currencies.py")}
    script = root / "scripts/generate_currencies.py"
    exec(compile(script.read_text(), str(script), "exec"), names)  # noqa: S102  # our own script

    written = names["table"]()  # type: ignore[operator]  # a function of the script's
    assert written == (root / "src/marketpay/domain/iso4217.py").read_text()


@pytest.mark.parametrize(
    ("code", "digits"), [("JPY", 0), ("ISK", 0), ("USD", 2), ("TRY", 2), ("KWD", 3), ("CLF", 4)]
)
def test_a_currency_has_the_digits_that_iso_4217_says(code: str, digits: int) -> None:
    assert exponent(code) == digits


@pytest.mark.covers("B022")
@pytest.mark.parametrize(
    "code", ["XAU", "XXX", "XTS", "ZZZ", "", "usd", "Usd", " USD", "USD ", "$"]
)
def test_a_code_is_known_to_the_letter_or_not_at_all(code: str) -> None:
    with pytest.raises(MoneyError, match="is not a known currency") as caught:
        exponent(code)

    assert caught.value.field == "currency"


@pytest.mark.parametrize("code", [None, 840, 8.40, True, b"USD", ["USD"]])
def test_what_is_no_text_is_no_code(code: object) -> None:
    with pytest.raises(TypeError):
        exponent(code)  # type: ignore[arg-type]
    with pytest.raises(TypeError):
        register_currency(code, 2)  # type: ignore[arg-type]


@pytest.mark.covers("A174")
def test_a_registered_currency_is_money() -> None:
    register_currency("PTS", 0)
    register_currency("SAT8", 8)
    register_currency("WEI", 18)

    assert str(Money(250, "PTS")) == "PTS 250"
    assert repr(Money.from_minor(1, "SAT8")) == "Money('0.00000001', 'SAT8')"
    assert str(Money.from_minor(-1, "WEI")) == "WEI -0.000000000000000001"
    assert Money("0.001", "WEI").minor == 10**15


def test_registering_the_same_again_is_fine() -> None:
    register_currency("PTS", 0)
    register_currency("PTS", 0)
    register_currency("USD", 2)

    assert exponent("PTS") == 0


@pytest.mark.parametrize(("code", "digits"), [("PTS", 2), ("USD", 0), ("JPY", 2)])
def test_a_known_currency_never_gets_other_digits(code: str, digits: int) -> None:
    register_currency("PTS", 0)
    before = exponent(code)

    with pytest.raises(ConfigurationError, match=f"{code} has {before} digits .* get {digits}"):
        register_currency(code, digits)

    assert exponent(code) == before


@pytest.mark.parametrize(
    "code",
    ["", "PT", "pts", "Pts", "1PT", "P-T", "PTS\n", "PTS ", "ÄÖÜ", "PT٣", "P" * 13, "P" * 10**6],
)
def test_a_code_is_capital_letters_and_digits(code: str) -> None:
    with pytest.raises(InvalidInput, match="capital letters") as caught:
        register_currency(code, 2)

    assert caught.value.field == "code"
    assert len(str(caught.value)) < 200


def test_a_code_has_three_to_twelve_characters() -> None:
    for code in ("PTS", "P" * 12):
        register_currency(code, 2)
        assert exponent(code) == 2


@pytest.mark.parametrize("digits", [-1, MAX_EXPONENT + 1, 10**9])
def test_an_exponent_is_zero_to_eighteen(digits: int) -> None:
    with pytest.raises(InvalidInput, match="0 to 18") as caught:
        register_currency("PTS", digits)

    assert caught.value.field == "exponent"


@pytest.mark.parametrize("digits", [2.0, True, "2", None])
def test_an_exponent_is_an_int(digits: object) -> None:
    with pytest.raises(TypeError, match="an exponent is an int"):
        register_currency("PTS", digits)  # type: ignore[arg-type]
