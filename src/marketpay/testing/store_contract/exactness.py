"""Nothing is rounded, folded, trimmed or moved to another time zone."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from attrs import evolve

from marketpay.domain.commission import Commission
from marketpay.domain.lifecycles import JobStatus
from marketpay.domain.money import LIMIT, Money
from marketpay.domain.payment import Payment
from marketpay.domain.payout_account import PayoutAccount
from marketpay.domain.timer import Timer, TimerKind
from marketpay.domain.wallet import Wallet
from marketpay.ports.store import Store
from marketpay.testing.store_contract.samples import (
    AT,
    a_job,
    a_record,
    a_wallet,
    an_account,
    an_offer,
    ids,
    kept,
    write,
)

NAMES = (
    "Bob", "bob", "BOB", "Bób", "Bo\u0301b", "Bob ", " Bob", "B\u00adob", "Straße", "STRASSE",
    "1", "01", "1.0", "1e0", "null", "Bob%", "Bob_", "Bob\u3000",
    "ﬁn", "fin", "😀", "\u0131", "İ", "i",
)  # fmt: skip
TIMES = (
    datetime(1970, 1, 1, tzinfo=UTC),
    datetime(2026, 3, 29, 1, 30, 0, 1, tzinfo=UTC),
    datetime(2026, 10, 25, 0, 30, 59, 999_999, tzinfo=UTC),
    datetime(2000, 2, 29, 23, 59, 59, 100_000, tzinfo=UTC),
    datetime(9999, 12, 31, 23, 59, 59, 999_999, tzinfo=UTC),
)
TEXTS = (
    "", " ", "\t\r\n", "Größe ✓ 😀", "'; DROP TABLE jobs; --", '{"a": [1]}',
    "%s :name ? \\", "x" * 20_000,
)  # fmt: skip


class ExactnessContract:
    """What comes back is what was written, to the last bit."""

    @pytest.mark.parametrize("minor", [1, LIMIT, LIMIT - 1, 2**53 + 1])
    @pytest.mark.parametrize("currency", ["USD", "JPY", "KWD"])
    def test_amounts_are_exact_up_to_the_limit(
        self, store: Store, minor: int, currency: str
    ) -> None:
        """Those beyond the whole numbers of a float too."""
        amount = Money.from_minor(min(minor, LIMIT), currency)
        [job] = write(store, a_job(currency=currency))
        offer, payment = an_offer(job, price=amount)
        payment = evolve(payment, split=Commission().split(amount), refunded=amount)
        wallet = evolve(a_wallet(currency=currency), available=amount, reserved=amount)

        saved = write(store, offer, payment, wallet)

        assert [kept(store, one) for one in saved] == saved
        assert kept(store, payment).split == payment.split
        assert kept(store, wallet).reserved == amount

    @pytest.mark.parametrize("at", TIMES, ids=str)
    def test_times_keep_their_microseconds_and_are_utc(self, store: Store, at: datetime) -> None:
        """And are aware."""
        account = an_account(created_at=at, due_at=at, sent_at=at)
        write(store, account)

        found = kept(store, account)

        assert (found.created_at, found.due_at, found.sent_at) == (at, at, at)
        assert found.created_at.utcoffset() == timedelta(0)
        assert found.created_at.tzinfo == UTC

    def test_a_time_of_another_zone_comes_back_as_the_same_moment_in_utc(
        self, store: Store
    ) -> None:
        """Wherever it was said."""
        tokyo = datetime(2026, 1, 1, 8, tzinfo=timezone(timedelta(hours=9)))
        [job] = write(store, a_job())
        offer, payment = an_offer(job, expires_at=tokyo)
        write(store, offer, payment)

        found = kept(store, offer).expires_at

        assert found == tokyo
        assert found is not None
        assert found.utcoffset() in (timedelta(0), timedelta(hours=9))

    def test_an_amount_that_may_be_missing_comes_back_as_it_was(self, store: Store) -> None:
        """Nothing is another thing than zero."""
        proposed: dict[str, Any] = {
            "status": JobStatus.IN_PROGRESS,
            "contractor": "ctr_42",
            "assigned_at": AT,
            "cancellation_by": "customer",
            "cancellation_of": Money("600.00", "USD"),
            "cancellation_kept": Money("0", "USD"),
        }
        amounts = [None, *(Money(amount, "USD") for amount in ("0", "600.00"))]
        jobs = [
            a_job() if amount is None else a_job(**proposed, cancellation_to_customer=amount)
            for amount in amounts
        ]
        write(store, *jobs)

        assert [kept(store, job).cancellation_to_customer for job in jobs] == amounts

    def test_the_hour_that_comes_twice_is_kept_as_two(self, store: Store) -> None:
        """At the end of summer time: Python takes both for equal."""
        berlin = ZoneInfo("Europe/Berlin")
        twice = [datetime(2026, 10, 25, 2, 30, tzinfo=berlin, fold=fold) for fold in (0, 1)]
        jobs = [a_job(created_at=time) for time in twice]
        write(store, *jobs)

        found = [kept(store, job).created_at.astimezone(UTC) for job in jobs]

        assert [time.hour for time in found] == [0, 1]

    @pytest.mark.parametrize("text", TEXTS, ids=lambda text: text[:9].encode().hex() or "empty")
    def test_texts_come_back_as_they_were(self, store: Store, text: str) -> None:
        """Whatever is in them."""
        job = a_job(title=text[:255] or "x", description=text)
        write(store, job)

        assert kept(store, job).description == text
        assert kept(store, job).title == (text[:255] or "x")

    def test_owners_are_compared_byte_by_byte(self, store: Store) -> None:
        """Who differs in case, accent or space is somebody else."""
        write(store, *(a_wallet(name) for name in NAMES), *(an_account(name) for name in NAMES))

        def owners(name: str) -> list[str]:
            found = store.read(lambda records: records.find(Wallet, owner=name))
            return [wallet.owner for wallet in found]

        assert [owners(name) for name in NAMES] == [[name] for name in NAMES]
        for name in NAMES:
            found = store.read(
                lambda records, name=name: records.find(PayoutAccount, contractor=(name, "nobody"))  # type: ignore[misc]
            )
            assert [account.contractor for account in found] == [name]

    def test_ids_are_compared_and_ordered_byte_by_byte(self, store: Store) -> None:
        """Capitals come first."""
        names = [f"job_{name}" for name in ("a", "B", "Z", "_", "z", "0", "é", "e\u0301", "f")]
        write(store, *(a_job(id=name) for name in names))

        found = store.read(lambda records: records.find(type(a_job())))
        page = store.read(lambda records: records.page(type(a_job()), {}, after=None, limit=99))

        assert ids(found) == sorted(names, key=str.encode)
        assert ids(page) == ids(found)[::-1]
        assert kept(store, a_job(id="job_Z")).id == "job_Z"

    def test_keys_and_actors_are_compared_byte_by_byte(self, store: Store) -> None:
        """A key in capitals is another key."""
        by_key = {name: a_record(key=name) for name in NAMES}
        by_actor = {name: a_record(key="k", actor=name) for name in NAMES}
        for record in (*by_key.values(), *by_actor.values()):
            write(store, record=record)

        for name in NAMES:
            found = store.run(
                lambda work, name=name: (  # type: ignore[misc]
                    work.recorded("cus_17", "customer", name),
                    work.recorded(name, "customer", "k"),
                )
            )
            assert found == (by_key[name], by_actor[name])

    def test_subjects_of_timers_and_journal_are_compared_byte_by_byte(self, store: Store) -> None:
        """So a timer of one contractor is not another's."""
        timers = [Timer(TimerKind.TRANSFER_SWEEP, name, AT) for name in NAMES]
        write(store, timers=timers)
        store.run(lambda work: work.record(a_record(), NAMES[:3]))

        due = store.read(lambda records: records.due(AT, limit=99))
        mine = store.read(lambda records: records.journal("bob", before=None, limit=9))
        other = store.read(lambda records: records.journal("Bób", before=None, limit=9))

        assert {timer.subject for timer in due} == set(NAMES)
        assert len(mine) == 1
        assert other == []

    def test_ids_of_the_gateway_are_unique_byte_by_byte(self, store: Store) -> None:
        """`pi_A` is not `pi_a`."""
        [job] = write(store, a_job())
        pairs = [an_offer(job, f"ctr_{n}") for n in range(len(NAMES))]
        payments = [
            evolve(payment, gateway_payment=name)
            for (_, payment), name in zip(pairs, NAMES, strict=True)
        ]
        write(store, *(offer for offer, _ in pairs), *payments)

        for payment, name in zip(payments, NAMES, strict=True):
            found = store.read(
                lambda records, name=name: records.find(Payment, gateway_payment=name)  # type: ignore[misc]
            )
            assert ids(found) == [payment.id]
