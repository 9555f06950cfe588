"""An HTTP server that answers as Stripe does, as far as a marketplace uses Stripe.

`StripeServer` is what it is used by; `Fault` and `Slow` are what may go wrong on the way.
"""

from __future__ import annotations

from marketpay.testing.stripe_server.faults import Fault, Slow
from marketpay.testing.stripe_server.server import StripeServer
from marketpay.testing.stripe_server.webhooks import Webhook

__all__ = ["Fault", "Slow", "StripeServer", "Webhook"]
