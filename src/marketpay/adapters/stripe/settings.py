"""How to reach Stripe, checked before anything is sent."""

from __future__ import annotations

import re
from typing import Any, Final
from urllib.parse import urlsplit

from attrs import field, frozen

from marketpay.domain.errors import ConfigurationError

_KEY: Final = re.compile(r"[!-~]{8,512}")
_LIVE: Final = re.compile(r"[a-z]+(?:_[a-z]+)*_live_")
_TEST: Final = re.compile(r"[a-z]+(?:_[a-z]+)*_test_")


def _is_key(_settings: object, _attribute: Any, key: Any) -> None:
    if not isinstance(key, str) or not _KEY.fullmatch(key):
        raise ConfigurationError("The API key is the text that Stripe shows (sk_... or rk_...).")
    if key.startswith(("pk_", "whsec_")):
        raise ConfigurationError(
            "That is a publishable key or a webhook secret; the API key starts with sk_ or rk_."
        )


def _base(url: str | None) -> str | None:
    if url is None:
        return None
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.netloc or parts.query or parts.fragment:
        raise ConfigurationError("base_url is an address such as http://localhost:12111.")
    return url.rstrip("/")


@frozen(kw_only=True)
class Settings:
    """The key and the ways to Stripe.  The key is in no `repr`."""

    api_key: str = field(validator=_is_key, repr=False)
    base_url: str | None = field(default=None, converter=_base)
    max_network_retries: int = 2
    timeout: float = 30.0  # seconds, for one try

    def __attrs_post_init__(self) -> None:
        if self.is_live and self.base_url is not None and self.base_url.startswith("http:"):
            raise ConfigurationError("A key of live mode is sent over https alone.")

    @property
    def is_live(self) -> bool | None:
        """Whether the key moves real money; None where it does not say."""
        if _LIVE.match(self.api_key):
            return True
        return False if _TEST.match(self.api_key) else None
