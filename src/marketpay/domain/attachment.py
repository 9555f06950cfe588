"""An attachment: where a file lies, and what it is."""

from __future__ import annotations

import re
from typing import Any, Final

from attrs import field, frozen

from marketpay.domain.errors import InvalidInput
from marketpay.domain.validators import is_web_address

MEDIA_TYPE: Final = re.compile(r"[a-z0-9][a-z0-9!#$&^_.+-]{0,126}/[a-z0-9][a-z0-9!#$&^_.+-]{0,126}")
SHA256: Final = re.compile(r"[0-9a-f]{64}")


def _is_media_type(_instance: object, attribute: Any, value: Any) -> None:
    if not isinstance(value, str):
        raise TypeError(f"{attribute.name} must be a str, not {type(value).__name__}")
    if not MEDIA_TYPE.fullmatch(value):
        raise InvalidInput("must be a media type such as image/png.", attribute.name)


def _is_digest(_instance: object, attribute: Any, value: Any) -> None:
    if not isinstance(value, str):
        raise TypeError(f"{attribute.name} must be a str, not {type(value).__name__}")
    if not SHA256.fullmatch(value):
        raise InvalidInput("must be 64 hexadecimal digits, in lower case.", attribute.name)


@frozen
class Attachment:
    """A file that the host keeps.  By `sha256` it can be told later whether it is still the same.

    The file itself is never here, nor is it ever fetched.
    """

    url: str = field(validator=is_web_address, repr=False)  # perhaps who has it can read it
    media_type: str = field(validator=_is_media_type)
    sha256: str = field(validator=_is_digest)
