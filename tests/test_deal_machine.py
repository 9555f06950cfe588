"""The whole life of deals, in any order: whoever says whatever, the money is accounted for.

Two houses are told the same, one in memory, one in a database: they answer the same and have the
same books.  After each step all that must hold holds; once trouble stops and time has passed,
every deal has come to its end and nothing is left over.

`test_money_machine` is about the processor's trouble instead: webhooks that are late, doubled and
out of order, whatever is done elsewhere, and what is given up.  There each house would hear
something else at another time, so that there is one.
"""

import os
from types import ModuleType
from typing import Any
from unittest import TestCase

import pytest
from hypothesis import HealthCheck, settings
from hypothesis.stateful import initialize

from marketpay import ApplyToJob, GrantCredit, Job, Money, OpenPayoutAccount, PostJob, SendOffer
from marketpay.testing.terms import Terms
from tests.machine import (
    adjustments,
    cancelling,
    chargebacks,
    charges,
    credit,
    disputes,
    jobs,
    milestones,
    offers,
    people,
    refunds,
    upgrades,
    wallets,
    world,
)
from tests.machine.ending import finish
from tests.machine.machine import ADMIN, CARDS, CONTRACTORS, CUSTOMERS, Machine, rules_of
from tests.machine.setting import RULES, TERMS

CREDIT = Money("80", "USD")


class Opened(Machine):
    """Two houses with a deal under way, whose contractor can be paid, an offer and an upgrade."""

    @initialize(rules=RULES, terms=TERMS)
    def begin(self, rules: dict[str, Any], terms: Terms) -> None:
        self.open(terms, rules)
        self.say(OpenPayoutAccount(by=CONTRACTORS[0]))
        self.outside(lambda house: house.gateway.activate(CONTRACTORS[0].id))
        self.settle()
        self.strike(CUSTOMERS[0], CONTRACTORS[0], Money("1000.10", "USD"), CARDS["good"], steps=3)
        self.say(GrantCredit(by=ADMIN, customer=CUSTOMERS[0].id, amount=CREDIT, reason="Welcome"))
        upgrades.buy_and_pay(self, by=CUSTOMERS[0], kind="bronze")
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


def machine(name: str, *topics: ModuleType) -> type[Machine]:
    """A machine with the rules of these topics."""
    return type(name, (Opened,), rules_of(topics))


Deals = machine(
    "Deals", jobs, offers, charges, cancelling, disputes, refunds, chargebacks, wallets, upgrades,
    milestones, credit, adjustments, people, world,
)  # fmt: skip
# The same with fewer rules, so that more of what they are about happens in as many steps.
Hiring = machine("Hiring", jobs, offers, world)
Quarrels = machine("Quarrels", jobs, charges, cancelling, disputes, refunds, chargebacks, world)
Earnings = machine("Earnings", charges, refunds, chargebacks, wallets, adjustments, world)
Parts = machine("Parts", milestones, charges, cancelling, disputes, refunds, chargebacks, world)
Spending = machine("Spending", offers, credit, milestones, refunds, chargebacks, world)
Negotiating = machine("Negotiating", offers, credit, milestones, world)
Premium = machine("Premium", upgrades, world)
Leaving = machine(
    "Leaving", jobs, credit, milestones, adjustments, wallets, upgrades, people, world
)

THOROUGH = os.environ.get("HYPOTHESIS_PROFILE") == "thorough"


def lives_of(machine: type[Machine], examples: int, steps: int) -> type[TestCase]:
    """The lives that a machine may lead, as a test."""
    case = machine.TestCase
    case.settings = settings(
        max_examples=examples * 20 if THOROUGH else examples,
        stateful_step_count=steps * 2 if THOROUGH else steps,
        deadline=None,
        derandomize=not THOROUGH,  # the same lives every time; `thorough` prints what failed
        print_blob=True,
        suppress_health_check=[
            HealthCheck.too_slow,
            HealthCheck.filter_too_much,
            HealthCheck.data_too_large,
        ],
    )
    quiet = "ignore::hypothesis.errors.NonInteractiveExampleWarning"
    return pytest.mark.filterwarnings(quiet)(case)


TestDeals = lives_of(Deals, 20, 40)
TestHiring = lives_of(Hiring, 20, 25)
TestQuarrels = lives_of(Quarrels, 20, 25)
TestEarnings = lives_of(Earnings, 15, 25)
TestParts = lives_of(Parts, 20, 25)
TestSpending = lives_of(Spending, 20, 25)
TestNegotiating = lives_of(Negotiating, 10, 25)
TestPremium = lives_of(Premium, 15, 25)
TestLeaving = lives_of(Leaving, 10, 25)
