"""The payment gateway on Stripe: separate charges and transfers, over the official SDK.

The SDK is imported when a gateway is made, so that this package can be imported without it.
"""

from marketpay.adapters.stripe.gateway import AsyncStripeGateway, StripeGateway

__all__ = ["AsyncStripeGateway", "StripeGateway"]
