"""The test cards, by the names that docs.stripe.com/testing gives them.

An id that does not start with `pm_card_` is a card like any other, and good; but for those of
bank accounts, which are none.
"""

from __future__ import annotations

from typing import Final

from marketpay.testing.processor_values import Card, Decline

GENERIC: Final = Decline("card_declined", "generic_decline")
GOOD: Final = Card()
DECLINING: Final = Card(decline=GENERIC)
ASKING: Final = Card(challenge=True)

_GOOD_NAMES: Final = """
    visa visa_debit mastercard mastercard_debit mastercard_prepaid amex discover diners jcb
    unionpay visa_cartesBancaires mastercard_cartesBancaires visa_debit_eftposAuCoBranded
    mastercard_debit_eftposAuCoBranded us ar br ca cl co cr ec mx pa py pe uy ae ae_mastercard at
    be bg by hr cy cz dk ee fi fr de gi gr hu ie it lv li lt lu mt nl no pl pt ro si sk es se
    ch gb gb_debit gb_mastercard au cn hk in jp my nz sg tw th_credit th_debit
    threeDSecureOptional threeDSecureOptionalProcessingError amex_threeDSecureNotSupported
    authenticationRequiredSetupForOffSession riskLevelElevated cvcCheckFail avsFail avsLine1Fail
    avsZipFail avsUnchecked domesticPricing debit_visaFsaProductCode debit_visaHsaProductCode
    mastercard_debit_mastercardFsaProductCode
"""

_LATER_NAMES: Final = {
    "pendingRefund": Card(refund_pends=True),
    "refundFail": Card(refund_fails=True),
    "bypassPending": Card(available_at_once=True),
    "bypassPendingInternational": Card(available_at_once=True),
    "createDispute": Card(disputed="fraudulent"),
    "createMultipleDisputes": Card(disputed="fraudulent"),
    "createCe3EligibleDispute": Card(disputed="fraudulent"),
    "createDisputeProductNotReceived": Card(disputed="product_not_received"),
    "createComplianceDispute": Card(disputed="noncompliant"),
    "createDisputeInquiry": Card(disputed="fraudulent", inquiry=True),
    "createIssuerFraudRecord": Card(warned=True),
}

_DECLINING_NAMES: Final = {
    "chargeDeclined": GENERIC,
    "chargeDeclinedInsufficientFunds": Decline("card_declined", "insufficient_funds"),
    "chargeDeclinedLostCard": Decline("card_declined", "lost_card"),
    "chargeDeclinedStolenCard": Decline("card_declined", "stolen_card"),
    "chargeDeclinedFraudulent": Decline("card_declined", "fraudulent"),
    "chargeDeclinedVelocityLimitExceeded": Decline("card_declined", "card_velocity_exceeded"),
    "chargeDeclinedExpiredCard": Decline("expired_card"),
    "chargeDeclinedIncorrectCvc": Decline("incorrect_cvc"),
    "chargeDeclinedProcessingError": Decline("processing_error"),
    "chargeCustomerFail": GENERIC,
    "radarBlock": Decline("card_declined", "fraudulent"),
    "riskLevelHighest": Decline("card_declined", "fraudulent"),
    "threeDSecureRequiredProcessingError": GENERIC,
}

_ASKING_NAMES: Final = {
    "authenticationRequired": None,
    "authenticationRequiredOnSetup": None,
    "threeDSecureRequired": None,
    "threeDSecure2Required": None,
    "threeDSecureRequiredChargeDeclined": GENERIC,
    "authenticationRequiredChargeDeclinedInsufficientFunds": Decline(
        "card_declined", "insufficient_funds"
    ),
}

CARDS: Final[dict[str, Card]] = {
    **{f"pm_card_{name}": GOOD for name in _GOOD_NAMES.split()},
    **{f"pm_card_{name}": card for name, card in _LATER_NAMES.items()},
    **{f"pm_card_{name}": Card(decline=why) for name, why in _DECLINING_NAMES.items()},
    # today's page spells some with the brand, older ones without: both are understood
    **{
        f"pm_card_visa_{name}": Card(decline=why)
        for name, why in _DECLINING_NAMES.items()
        if name.startswith("chargeDeclined")
    },
    **{
        f"pm_card_{name}": Card(challenge=True, decline_after_challenge=why)
        for name, why in _ASKING_NAMES.items()
    },
}


# Ways to pay whose money comes days later, and of which none can be held until then.
SLOW: Final = ("pm_usBankAccount", "pm_sepaDebit", "pm_bacsDebit", "pm_acssDebit", "pm_auBecsDebit")


def is_holdable(method: str) -> bool:
    """Whether money can be held with a payment method, to be taken later."""
    return not method.startswith(SLOW)


def card_named(method: str) -> Card | None:
    """The card behind a payment method's id; None where there is no such test card."""
    card = CARDS.get(method)
    if card is None and not method.startswith("pm_card_"):
        return GOOD
    return card
