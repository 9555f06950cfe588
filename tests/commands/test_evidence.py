"""Evidence: what somebody shows in a dispute."""

from typing import Any

import pytest
from attrs import evolve

from marketpay import (
    Actor,
    AddEvidence,
    Attachment,
    DisputeStatus,
    EscalateDispute,
    ExpireDispute,
    Forbidden,
    GetDispute,
    IllegalTransition,
    InvalidInput,
    ListEvidence,
    Marketplace,
    NotFound,
    WithdrawDispute,
)
from marketpay.domain.ids import DisputeId
from marketpay.testing import SimulatedGateway, VirtualClock
from tests.deals import (
    ADMIN,
    CONTRACTOR,
    CUSTOMER,
    NONE_SUCH,
    OTHER_CUSTOMER,
    RIVAL,
    SERVICE,
    heard,
    journal,
    nothing_changes,
)
from tests.disputes import PARTIES, PHOTO, disputed, under_review


@pytest.mark.parametrize("by", [*PARTIES, ADMIN], ids=str)
def test_the_parties_and_an_administrator_show_what_they_have(
    market: Marketplace, clock: VirtualClock, by: Actor
) -> None:
    dispute = disputed(market)
    with heard(market) as told:
        added = market.execute(
            AddEvidence(by=by, dispute=dispute.id, attachment=PHOTO, note="The left half")
        )

    assert (added.by, added.role, added.dispute) == (by.id, by.role, dispute.id)
    assert (added.attachment, added.note) == (PHOTO, "The left half")
    assert added.created_at == clock()
    assert market.query(ListEvidence(dispute=dispute.id)).items == (added,)
    assert told.names == ["dispute.evidence_added", "evidence.added"]


def test_the_note_can_be_erased(market: Marketplace) -> None:
    dispute = disputed(market)
    market.execute(
        AddEvidence(by=CUSTOMER, dispute=dispute.id, attachment=PHOTO, note="The left half")
    )
    record = journal(market)[-1]

    assert "left half" not in record.body
    assert PHOTO.sha256 in record.body


def test_the_same_is_added_once_and_another_beside_it(market: Marketplace) -> None:
    dispute = under_review(market)
    command = AddEvidence(by=CUSTOMER, dispute=dispute.id, attachment=PHOTO)
    first = market.execute(command)
    assert market.execute(command) == first

    others = [
        market.execute(evolve(command, by=CONTRACTOR)),
        market.execute(evolve(command, note="Once more")),
        market.execute(evolve(command, attachment=evolve(PHOTO, sha256="1b" * 32))),
    ]
    found = market.query(ListEvidence(dispute=dispute.id)).items
    assert found == (*reversed(others), first)


def test_it_is_no_response(
    market: Marketplace, gateway: SimulatedGateway, clock: VirtualClock
) -> None:
    dispute = disputed(market)
    market.execute(AddEvidence(by=CONTRACTOR, dispute=dispute.id, attachment=PHOTO))
    found = market.query(GetDispute(dispute.id))
    assert (found.status, found.respond_by) == (DisputeStatus.OPEN, dispute.respond_by)

    clock.advance(days=7)
    expired = market.execute(ExpireDispute(by=Actor.SYSTEM, dispute=dispute.id))
    assert expired.dispute.status is DisputeStatus.EXPIRED


@pytest.mark.parametrize("by", [OTHER_CUSTOMER, RIVAL, SERVICE, Actor.SYSTEM], ids=str)
def test_nobody_else_shows_anything(
    market: Marketplace, gateway: SimulatedGateway, by: Actor
) -> None:
    dispute = disputed(market)
    with nothing_changes(market, gateway, denials=1), pytest.raises(Forbidden):
        market.execute(AddEvidence(by=by, dispute=dispute.id, attachment=PHOTO))


def test_nothing_is_shown_once_it_is_over(market: Marketplace, gateway: SimulatedGateway) -> None:
    dispute = disputed(market)
    market.execute(EscalateDispute(by=ADMIN, dispute=dispute.id))
    market.execute(WithdrawDispute(by=CUSTOMER, dispute=dispute.id))
    with nothing_changes(market, gateway), pytest.raises(IllegalTransition):
        market.execute(AddEvidence(by=CUSTOMER, dispute=dispute.id, attachment=PHOTO))


def test_there_is_no_evidence_of_no_dispute(market: Marketplace) -> None:
    with pytest.raises(NotFound):
        market.query(ListEvidence(dispute=DisputeId(f"dsp_{NONE_SUCH}")))


@pytest.mark.parametrize(
    ("fields", "error"),
    [
        ({"url": "ftp://files.example/fence.jpg"}, InvalidInput),
        ({"url": "https://files.example/a fence.jpg"}, InvalidInput),
        ({"url": "https://" + "a" * 2_000}, InvalidInput),
        ({"url": None}, TypeError),
        ({"media_type": "jpeg"}, InvalidInput),
        ({"media_type": "image/jpeg; q=1"}, InvalidInput),
        ({"media_type": ""}, InvalidInput),
        ({"media_type": 1}, TypeError),
        ({"sha256": "0a" * 31}, InvalidInput),
        ({"sha256": "0A" * 32}, InvalidInput),
        ({"sha256": b"0a" * 32}, TypeError),
    ],
)
def test_an_attachment_is_an_address_a_kind_and_a_digest(
    fields: dict[str, Any], error: type[Exception]
) -> None:
    with pytest.raises(error):
        evolve(PHOTO, **fields)


def test_what_is_shown_is_an_attachment() -> None:
    with pytest.raises(TypeError):
        AddEvidence(
            by=CUSTOMER,
            dispute=DisputeId(f"dsp_{NONE_SUCH}"),
            attachment="https://files.example/fence.jpg",  # type: ignore[arg-type]
        )
    assert Attachment("https://a.example", "text/plain", "00" * 32).media_type == "text/plain"
