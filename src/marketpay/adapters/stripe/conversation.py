"""A talk under way: what to send next, until there is a reply."""

from __future__ import annotations

from marketpay.adapters.stripe.call import Answer, Call
from marketpay.adapters.stripe.config import Config
from marketpay.adapters.stripe.talk import talk
from marketpay.domain.errors import GatewayError, InvalidInput
from marketpay.ports.gateway import GatewayReply, GatewayRequest

LONGEST_KEY = 240  # Stripe takes 255, and the second call of a request adds to it


class Conversation:
    """Send `call`, let it `hear` the answer, and so on while there is a call; then `reply`."""

    def __init__(self, request: GatewayRequest, config: Config, key: str) -> None:
        """Begin.  Raises `InvalidInput` for what can never be sent."""
        if not (key.isascii() and key.isprintable() and 0 < len(key) <= LONGEST_KEY):
            raise InvalidInput(f"must be 1 to {LONGEST_KEY} printable ASCII characters.", "key")
        self.call: Call | None = None
        self._reply: GatewayReply | None = None
        self._talk = talk(request, config)
        self._go_on(None)

    def hear(self, answer: Answer) -> None:
        """Take an answer, or raise `GatewayError` for one that no reply can be made of."""
        asked = self.call
        try:
            self._go_on(answer)
        except (InvalidInput, LookupError, TypeError, ValueError, AttributeError) as error:
            where = "" if asked is None else f" to {asked.method} {asked.path}"
            what = f"Stripe's answer{where} is not understood ({type(error).__name__})"
            raise GatewayError(what) from error

    @property
    def reply(self) -> GatewayReply:
        """What it came to."""
        assert self._reply is not None  # asked too early
        return self._reply

    def _go_on(self, answer: Answer | None) -> None:
        try:
            self.call = next(self._talk) if answer is None else self._talk.send(answer)
        except StopIteration as stop:
            self.call, self._reply = None, stop.value
