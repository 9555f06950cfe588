"""The whole life of deals, in any order: whoever says whatever, the money is accounted for.

Two houses are told the same, one in memory, one in a database: they answer the same and have the
same books.  After each step all that must hold holds; once trouble stops and time has passed,
every deal has come to its end and nothing is left over.

`test_money_machine` is about the processor's trouble instead: webhooks that are late, doubled and
out of order, whatever is done elsewhere, and what is given up.  There each house would hear
something else at another time, so that there is one.
"""

import os
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from hypothesis.stateful import initialize

from marketpay import ApplyToJob, Job, Money, OpenPayoutAccount, PostJob, SendOffer
from marketpay.testing.terms import Terms
from tests.machine import (
    cancelling,
    chargebacks,
    charges,
    disputes,
    jobs,
    offers,
    refunds,
    upgrades,
    wallets,
    world,
)
from tests.machine.ending import finish
from tests.machine.machine import CARDS, CONTRACTORS, CUSTOMERS, Machine, rules_of
from tests.machine.setting import RULES, TERMS

TOPICS = (
    jobs, offers, charges, cancelling, disputes, refunds, chargebacks, wallets, upgrades, world,
)  # fmt: skip


class Opened(Machine):
    """Two houses with a deal under way, whose contractor can be paid, and an offer."""

    @initialize(rules=RULES, terms=TERMS)
    def begin(self, rules: dict[str, Any], terms: Terms) -> None:
        self.open(terms, rules)
        self.say(OpenPayoutAccount(by=CONTRACTORS[0]))
        self.outside(lambda house: house.gateway.activate(CONTRACTORS[0].id))
        self.settle()
        self.strike(CUSTOMERS[0], CONTRACTORS[0], Money("1000.10", "USD"), CARDS["good"], steps=3)
        self.say(PostJob(by=CUSTOMERS[1], title="Mend the gate", currency="USD"))
        job, price = self.pick(Job, 0).id, Money("40", "USD")
        self.say(ApplyToJob(by=CONTRACTORS[1], job=job))
        self.say(
            SendOffer(
                by=CUSTOMERS[1], job=job, contractor=CONTRACTORS[1].id, price=price,
                payment_method=CARDS["good"],
            )
        )  # fmt: skip

    def teardown(self) -> None:
        try:
            if self.houses:
                finish(self)
        finally:
            for house in self.houses:
                house.close()


Deals: type[Machine] = type("Deals", (Opened,), rules_of(TOPICS))

THOROUGH = os.environ.get("HYPOTHESIS_PROFILE") == "thorough"

TestDeals = pytest.mark.filterwarnings("ignore::hypothesis.errors.NonInteractiveExampleWarning")(
    Deals.TestCase
)
TestDeals.settings = settings(
    max_examples=2_000 if THOROUGH else 30,
    stateful_step_count=60 if THOROUGH else 30,
    deadline=None,
    derandomize=not THOROUGH,  # the same lives every time; `thorough` prints what failed
    print_blob=True,
    suppress_health_check=[
        HealthCheck.too_slow,
        HealthCheck.filter_too_much,
        HealthCheck.data_too_large,
    ],
)
