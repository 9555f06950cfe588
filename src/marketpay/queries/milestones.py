"""Milestones against the offer that they are the parts of, and against what was paid for them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator

from marketpay.domain.ids import OfferId
from marketpay.domain.milestone import Milestone
from marketpay.domain.offer import Offer
from marketpay.domain.payment import Payment
from marketpay.ports.store import Records
from marketpay.queries.batches import batches


def milestones(records: Records) -> Iterator[str]:
    """Those of each offer sum to its price and share its frozen split, and each is paid so."""

    def read(last: Milestone | None, limit: int) -> list[Milestone]:
        return records.page(Milestone, {}, after=last.id if last else None, limit=limit)

    for batch in batches(read):
        yield from _whole(records, batch)
        yield from _paid(records, batch)


def _whole(records: Records, batch: list[Milestone]) -> Iterator[str]:
    """The offers that begin in this batch: of which it has the first milestone by id."""
    parts: dict[OfferId, list[Milestone]] = defaultdict(list)
    for one in records.find(Milestone, job=tuple({one.job for one in batch})):
        parts[one.offer].append(one)
    ids = {one.id for one in batch}
    begun = {offer: own for offer, own in parts.items() if own[0].id in ids}
    offers = {one.id: one for one in records.find(Offer, id=tuple(begun))}
    for id, own in begun.items():
        offer = offers.get(id)
        if offer is None:
            yield f"offer {id}: it has milestones, and is gone."
        else:
            yield from _sums(offer, own)


def _sums(offer: Offer, parts: list[Milestone]) -> Iterator[str]:
    name, positions = f"offer {offer.id}", sorted(one.position for one in parts)
    if positions != [*range(1, len(parts) + 1)]:
        yield f"{name}: its milestones are at {positions}."
    total = sum(one.amount.minor for one in parts)
    if total != offer.price.minor:
        yield f"{name}: its milestones sum to {total}, and its price is {offer.price.minor}."
    split = None if offer.plan is None else offer.plan.split
    if split is None:
        yield f"{name}: it has milestones and no split that they share."
        return
    for part in ("platform_fee", "service_fee", "payout"):
        shared, whole = sum(getattr(one.split, part).minor for one in parts), getattr(split, part)
        if shared != whole.minor:
            yield f"{name}: the {part} of its milestones is {shared}, and its own {whole.minor}."


def _paid(records: Records, batch: list[Milestone]) -> Iterator[str]:
    ids = tuple(one.payment for one in batch if one.payment is not None)
    payments = {one.id: one for one in records.find(Payment, id=ids)}
    for milestone in batch:
        if milestone.payment is None:
            continue
        name, payment = f"milestone {milestone.id}", payments.get(milestone.payment)
        if payment is None:
            yield f"{name}: its payment {milestone.payment} is gone."
        elif (payment.offer, payment.amount) != (milestone.offer, milestone.amount):
            yield f"{name}: {payment.id} is {payment.amount} for {payment.offer}."
        elif payment.split not in (None, milestone.split):
            yield f"{name}: its split is not that of {payment.id}."
