"""`marketpay stripe-server`: a Stripe of your own, until Ctrl-C."""

from __future__ import annotations

import sys
from threading import Event

from marketpay.domain.errors import ConfigurationError
from marketpay.testing.stripe_server import StripeServer


def serve(port: int, webhooks: str | None, connect_webhooks: str | None) -> None:
    """Run the server on `port`, and post its events to those addresses if there are any."""
    try:
        server = StripeServer(port=port)
    except (OSError, OverflowError) as error:
        raise ConfigurationError(f"Port {port} cannot be listened on: {error}.") from None
    with server:
        if webhooks is not None:
            server.webhooks_to(webhooks)
        if connect_webhooks is not None:
            server.webhooks_to(connect_webhooks, connected=True)
        for name, value in _facts(server):
            print(f"{name:<24}{value}")
        print("Ctrl-C ends it.")
        sys.stdout.flush()
        try:
            Event().wait()
        except KeyboardInterrupt:
            print("Ended.")


def _facts(server: StripeServer) -> list[tuple[str, str]]:
    return [
        ("base URL", server.url),
        ("secret key", server.api_key),
        ("publishable key", server.publishable_key),
        ("webhook secret", server.webhook_secret),
        ("connect webhook secret", server.connect_webhook_secret),
        ("thin webhook secret", server.thin_webhook_secret),
        ("what happens outside", f"POST {server.url}/_control/tick, /_control/activate/acct_..."),
    ]
