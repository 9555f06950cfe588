"""What an endpoint takes: the names of its parameters and how each is read.

A reader gets a text of a form (or a value of a JSON body) and the parameter's full name.  It
answers with the value, or refuses as Stripe does.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime
from typing import Any, Final

from attrs import frozen

from marketpay.domain.iso4217 import EXPONENTS
from marketpay.testing.stripe_server.errors import invalid, missing_parameter, unknown_parameters
from marketpay.testing.stripe_server.messages import Json

Reader = Callable[[Any, str], Any]

_MOST_METADATA: Final = 50
_BOUNDS: Final = ("gt", "gte", "lt", "lte")


def text(value: object, name: str) -> str:
    """Some text that is not empty."""
    if not isinstance(value, str):
        raise invalid(f"Invalid string: {value}", param=name)
    if not value:
        message = (
            f"You passed an empty string for '{name}'. We assume empty values are an attempt to "
            f"unset a parameter; however '{name}' cannot be unset. You should remove '{name}' "
            "from your request or supply a non-empty value."
        )
        raise invalid(message, code="parameter_invalid_empty", param=name)
    return value


def clearable(value: object, name: str) -> str | None:
    """Some text, or nothing to take away what is there."""
    return None if value in ("", None) else text(value, name)


def integer(value: object, name: str) -> int:
    """A whole number."""
    try:
        if isinstance(value, int | str) and not isinstance(value, bool):
            return int(str(value))
    except ValueError:
        pass
    raise invalid(f"Invalid integer: {value}", code="parameter_invalid_integer", param=name)


def positive(value: object, name: str) -> int:
    """A whole number of at least one."""
    number = integer(value, name)
    if number < 1:
        message = "This value must be greater than or equal to 1."
        raise invalid(message, code="parameter_invalid_integer", param=name)
    return number


def boolean(value: object, name: str) -> bool:
    """True or false."""
    if value in ("true", "false"):
        return value == "true"
    if isinstance(value, bool):
        return value
    raise invalid(f"Invalid boolean: {value}", param=name)


def moment(value: object, name: str) -> datetime:
    """A time in seconds since 1970."""
    seconds = integer(value, name)
    try:
        return datetime.fromtimestamp(seconds, UTC)
    except (ValueError, OverflowError, OSError):
        message = f"Invalid timestamp: must be an integer Unix time, not {seconds}"
        raise invalid(message, code="parameter_invalid_integer", param=name) from None


def period(value: object, name: str) -> Json:
    """One time, or bounds of one: `created[gte]=...`."""
    if not isinstance(value, dict):
        at = moment(value, name)
        return {"gte": at, "lte": at}
    _refuse_unknown(value, _BOUNDS, name)
    return {bound: moment(at, f"{name}[{bound}]") for bound, at in value.items()}


def currency(value: object, name: str) -> str:
    """A currency's code, in upper case."""
    code = text(value, name).upper()
    if code not in EXPONENTS:
        raise invalid(f"Invalid currency: {code.lower()}.", param=name)
    return code


def metadata(value: object, name: str) -> Json:
    """What to change of an object's metadata: an empty text takes a key away, "" takes all."""
    if value in ("", None):
        return {"": ""}
    if not isinstance(value, dict) or len(value) > _MOST_METADATA:
        raise invalid("Invalid object: at most 50 keys with a text each", param=name)
    for key, text_ in value.items():
        if not isinstance(text_, str | None) or len(key) > 40 or len(text_ or "") > 500:
            message = f"Metadata values must be texts of up to 500 characters: {key}"
            raise invalid(message, param=f"{name}[{key}]")
    return {key: text_ or "" for key, text_ in value.items()}


def anything(value: object, name: str) -> object:  # noqa: ARG001 - a reader takes both
    """Whatever it is, for parameters that are kept and not looked into."""
    return value


def one_of(*words: str) -> Reader:
    """One word out of these."""

    def read(value: object, name: str) -> str:
        if value in words:
            return str(value)
        listed = words[0] if len(words) == 1 else f"one of {', '.join(words)}"
        raise invalid(f"Invalid {name}: must be {listed}", param=name)

    return read


def array(of: Reader) -> Reader:
    """A list of what `of` reads."""

    def read(value: object, name: str) -> list[Any]:
        if isinstance(value, dict) and all(key.isdecimal() for key in value):
            value = [value[key] for key in sorted(value, key=int)]
        if not isinstance(value, list):
            raise invalid("Invalid array", param=name)
        return [of(each, f"{name}[{n}]") for n, each in enumerate(value)]

    return read


def nested(required: str = "", /, **fields: Reader) -> Reader:
    """An object with these fields; those named in `required` must be there."""
    return takes(required, **fields).read


def unsimulated(names: str) -> dict[str, Reader]:
    """Parameters that Stripe acts on and this server does not: it says so."""
    return dict.fromkeys(names.split(), _refuse_unsimulated)


@frozen
class Params:
    """The parameters of an endpoint, or the fields of an object in one."""

    fields: Mapping[str, Reader]
    required: tuple[str, ...] = ()

    def read(self, given: object, within: str = "") -> Json:
        """The values of what was given.  Raises `Refused`."""
        if not isinstance(given, dict):
            raise invalid("Invalid object", param=within)
        _refuse_unknown(given, self.fields, within)
        for name in self.required:
            if name not in given:
                raise missing_parameter(_full(name, within))
        read = self.fields
        return {name: read[name](value, _full(name, within)) for name, value in given.items()}


def takes(required: str = "", /, **fields: Reader) -> Params:
    """The parameters of an endpoint; those named in `required` must be there."""
    return Params(fields, tuple(required.split()))


def _refuse_unsimulated(value: object, name: str) -> object:  # noqa: ARG001 - whatever it is
    message = f"This server does not simulate the parameter: {name}"
    raise invalid(message, param=name)


def _full(name: str, within: str) -> str:
    return f"{within}[{name}]" if within else name


def _refuse_unknown(given: Mapping[str, object], known: Iterable[str], within: str) -> None:
    unknown = [_full(name, within) for name in given if name not in known]
    if unknown:
        raise unknown_parameters(unknown)
