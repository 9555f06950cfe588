"""`StripeGateway` and its async twin: thin shells that send what a conversation says."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Generic, Literal, TypeVar

from marketpay.adapters.stripe.config import Config
from marketpay.adapters.stripe.conversation import Conversation
from marketpay.adapters.stripe.currencies import limits_of
from marketpay.adapters.stripe.settings import Settings
from marketpay.adapters.stripe.webhook import Webhooks
from marketpay.domain.errors import MissingDependency
from marketpay.ports.gateway import GatewayEvent, GatewayReply, GatewayRequest, Limits

if TYPE_CHECKING:
    from marketpay.adapters.stripe.sending import AsyncSender, Sender

S = TypeVar("S")


class _Desk(ABC, Generic[S]):
    """What both gateways have in common: all that calls nobody."""

    def __init__(
        self,
        api_key: str,
        *,
        webhook_secrets: str | Iterable[str] = (),
        base_url: str | None = None,
        accounts: Literal["v1", "v2"] = "v2",
        settlement_currencies: Iterable[str] | None = None,
        contact_email: Callable[[str], str] | None = None,
        max_network_retries: int = 2,
        timeout: float = 30.0,
        now: Callable[[], datetime] | None = None,
    ) -> None:
        """Speak for the owner of `api_key`, with connected `accounts` of Stripe's v1 or v2.

        `webhook_secrets` are those of all endpoints that lead here: the platform's own, the
        one for connected accounts, the one for thin events.  `contact_email` tells the address
        of an account's owner by the id that the host knows them by.  With
        `settlement_currencies` nothing is charged in any other.  `timeout` is the seconds of
        one try, and `now` the clock by which a webhook is recent.
        """
        settings = Settings(
            api_key=api_key,
            base_url=base_url,
            max_network_retries=max_network_retries,
            timeout=timeout,
        )
        self._config = Config(
            accounts=accounts,
            settlement_currencies=settlement_currencies,
            contact_email=contact_email,
        )
        self._webhooks = Webhooks(
            secrets=webhook_secrets, is_live=settings.is_live, now=now or _utc_now
        )
        self._settings = settings
        try:
            self._sender = self._open(settings)
        except ModuleNotFoundError as error:
            raise MissingDependency(error.name or "stripe", "stripe") from error

    @staticmethod
    @abstractmethod
    def _open(settings: Settings) -> S: ...

    def read_webhook(self, payload: bytes, headers: Mapping[str, str], /) -> GatewayEvent:
        """See `ReadsWebhooks.read_webhook`."""
        return self._webhooks.read(payload, headers)

    def limits(self, currency: str, /) -> Limits:
        """See `HasLimits.limits`; `MoneyError` for a currency that cannot be charged here."""
        return limits_of(self._config.charged_in(currency))

    def __repr__(self) -> str:
        mode = {True: "live", False: "test", None: "unknown"}[self._settings.is_live]
        where = "" if self._settings.base_url is None else f", at {self._settings.base_url}"
        return f"{type(self).__name__}({mode} mode, accounts {self._config.accounts}{where})"


class StripeGateway(_Desk["Sender"]):
    """A `PaymentGateway` on Stripe, that `ReadsWebhooks` and `HasLimits`.

    Safe to share between threads; close it when done.
    """

    @staticmethod
    def _open(settings: Settings) -> Sender:
        from marketpay.adapters.stripe.sending import Sender

        return Sender(settings)

    def perform(self, request: GatewayRequest, /, *, key: str) -> GatewayReply:
        """See `PaymentGateway.perform`."""
        conversation = Conversation(request, self._config, key)
        while (call := conversation.call) is not None:
            conversation.hear(self._sender.send(call, key))
        return conversation.reply

    def close(self) -> None:
        """Close the connections."""
        self._sender.close()


class AsyncStripeGateway(_Desk["AsyncSender"]):
    """The same, awaited: an `AsyncPaymentGateway` that belongs to one event loop."""

    @staticmethod
    def _open(settings: Settings) -> AsyncSender:
        from marketpay.adapters.stripe.sending import AsyncSender

        return AsyncSender(settings)

    async def perform(self, request: GatewayRequest, /, *, key: str) -> GatewayReply:
        """See `AsyncPaymentGateway.perform`."""
        conversation = Conversation(request, self._config, key)
        while (call := conversation.call) is not None:
            conversation.hear(await self._sender.send(call, key))
        return conversation.reply

    async def aclose(self) -> None:
        """Close the connections."""
        await self._sender.close()


def _utc_now() -> datetime:
    return datetime.now(UTC)
