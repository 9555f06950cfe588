"""What a bank has taken of the platform's balance for a dispute about an upgrade."""

from __future__ import annotations

from collections.abc import Iterator

from attrs import frozen

from marketpay.domain.ledger import Account, AccountKind, LedgerEntry, move
from marketpay.domain.money import Money, unchecked

K = AccountKind


@frozen(kw_only=True)
class Taken:
    """For one dispute: what is taken and not given back, and the fee for it."""

    dispute: str  # the gateway's id
    withdrawn: Money
    fee: Money


def listed(text: str | None, currency: str) -> dict[str, Taken]:
    """What `written` wrote, by the gateway's ids of the disputes."""
    found: dict[str, Taken] = {}
    for one in (text or "").split():
        id, _, amounts = one.rpartition("=")
        withdrawn, fee = (unchecked(int(minor), currency) for minor in amounts.split("+"))
        found[id] = Taken(dispute=id, withdrawn=withdrawn, fee=fee)
    return found


def written(taken: dict[str, Taken]) -> str | None:
    """They in one line, each with its amounts in whole minor units."""
    parts = (f"{id}={one.withdrawn.minor}+{one.fee.minor}" for id, one in sorted(taken.items()))
    return " ".join(parts) or None


def booked(before: Taken, after: Taken, *, was_lost: bool, is_lost: bool) -> Iterator[LedgerEntry]:
    """The platform's balance has so much less, or more again; what is lost is its loss.

    What was sold stays sold: the loss is an expense, and not less income.
    """
    zero = Money.zero(after.withdrawn.currency)
    yield from _both_ways(K.DISPUTED, K.PROCESSOR, after.withdrawn - before.withdrawn)
    yield from _both_ways(K.CHARGEBACK_FEE, K.PROCESSOR, after.fee - before.fee)
    lost = (after.withdrawn if is_lost else zero) - (before.withdrawn if was_lost else zero)
    yield from _both_ways(K.CHARGEBACK_LOSS, K.DISPUTED, lost)


def _both_ways(debit: AccountKind, credit: AccountKind, change: Money) -> Iterator[LedgerEntry]:
    left, right = Account(debit, change.currency), Account(credit, change.currency)
    if change.minor > 0:
        yield from move(left, right, change, None)
    else:
        yield from move(right, left, -change, None)
