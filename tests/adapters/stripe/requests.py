"""One of each request of the port, as the tests of the Stripe adapter send them."""

from __future__ import annotations

from datetime import UTC, datetime

from marketpay.domain.money import Money
from marketpay.ports import gateway as port
from marketpay.ports.gateway import ActingRequest, Topic

PRICE = Money("1000.00", "USD")
AT = datetime(2026, 11, 1, 12, tzinfo=UTC)

AUTHORIZE = port.Authorize(
    reference="ptx_1",
    subject="pay_1",
    amount=PRICE,
    payer="cus_17",
    payment_method="pm_card_visa",
    group="job_1",
)
CAPTURE = port.Capture(gateway_id="pi_1", amount=PRICE)
VOID = port.Void(gateway_id="pi_1")
REFUND = port.RefundPayment(reference="ref_1", gateway_id="pi_1", amount=PRICE)
TRANSFER = port.Transfer(
    reference="ptx_2", account="acct_1", amount=PRICE, source="ch_1", group="job_1"
)
REVERSE = port.ReverseTransfer(reference="ptx_3", gateway_id="tr_1", amount=PRICE)
PAY_OUT = port.PayOut(reference="ptx_4", account="acct_1", amount=PRICE)
OPEN = port.OpenAccount(reference="pac_1", owner="ctr_42", country="DE")
START = port.StartCheckout(
    reference="ptx_5",
    subject="pay_2",
    amount=PRICE,
    payer="cus_17",
    description="Premium listing",
    success_url="https://example.com/done",
    cancel_url="https://example.com/back",
    expires_at=AT,
)
EXPIRE = port.ExpireCheckout(gateway_id="cs_test_1")

ACTING: tuple[ActingRequest, ...] = (
    AUTHORIZE, CAPTURE, VOID, REFUND, TRANSFER, REVERSE, PAY_OUT, OPEN, START, EXPIRE,
)  # fmt: skip

LINK = port.OnboardingLink(
    account="acct_1", return_url="https://example.com/a", refresh_url="https://example.com/b"
)
BALANCE = port.ListBalance(since=AT, until=AT.replace(day=2), after="txn_1")
INSPECT = tuple(
    port.Inspect(topic=topic, gateway_id=id, account=account)
    for topic, id, account in (
        (Topic.REFUND, "re_1", None),
        (Topic.TRANSFER, "tr_1", None),
        (Topic.PAYOUT, "po_1", "acct_1"),
        (Topic.CHARGEBACK, "du_1", None),
        (Topic.ACCOUNT, "acct_1", None),
    )
)
