"""A simulated payment processor, in the manner of Stripe and with state of its own.

It knows nothing of marketpay: it has holds, charges, refunds, disputes, connected accounts,
transfers, payouts, checkouts, balances in minor units, events, and keys that make a repeated
request safe.  Nothing is created or destroyed: what was captured lies on the platform's balance
or on a connected one, or was refunded, paid out, disputed or kept as a fee.  A definite no is a
value (`Refusal`); no money moved.
"""

from __future__ import annotations

from marketpay.testing.processor_accounts import Accounts
from marketpay.testing.processor_checkouts import Checkouts
from marketpay.testing.processor_disputes import Disputes
from marketpay.testing.processor_payments import HOLD_LASTS, USUAL_METHOD
from marketpay.testing.processor_payouts import Payouts
from marketpay.testing.processor_refunds import Refunds

__all__ = ["HOLD_LASTS", "USUAL_METHOD", "Processor"]


class Processor(Refunds, Disputes, Checkouts, Accounts, Payouts):
    """Every method is one effect, whole or not at all; any number of threads may call it.

    Each kind of thing that it does is in a module of its own, `processor_payments` and so on.
    """
