"""All parts of the contract together."""

from __future__ import annotations

from marketpay.testing.gateway_contract.accounts import AccountsContract
from marketpay.testing.gateway_contract.checkouts import CheckoutsContract
from marketpay.testing.gateway_contract.keys import KeysContract
from marketpay.testing.gateway_contract.looking import LookingContract
from marketpay.testing.gateway_contract.payments import PaymentsContract


class GatewayContract(
    KeysContract, PaymentsContract, AccountsContract, CheckoutsContract, LookingContract
):
    """All that a marketplace relies on in its gateway.  Needs the fixture `gateway`.

    A subclass may name payment methods of its own (`good`, `declined`), and says how an account
    becomes active (`activate`) and how a payout arrives (`settle_payout`): what needs that is
    skipped otherwise.
    """
