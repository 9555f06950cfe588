"""Payers that the simulated processor knows, and the cards that belong to them."""

from __future__ import annotations

from collections.abc import Mapping

from attrs import evolve

from marketpay.testing.cards import GOOD, card_named, is_holdable
from marketpay.testing.processor_records import ProcessorRecords, new_id
from marketpay.testing.processor_refusals import no
from marketpay.testing.processor_values import Card, Customer, Method, Payment, Refusal


class Customers(ProcessorRecords):
    """Customers and their payment methods."""

    def open_customer(
        self,
        *,
        reference: str | None = None,
        name: str | None = None,
        email: str | None = None,
        metadata: Mapping[str, str] | None = None,
    ) -> Customer:
        """A payer with an id of the processor's."""
        with self._up_to_date() as shelf:
            shelf.tally("open_customer")
            customer = Customer(
                id=new_id("cus"),
                reference=reference,
                name=name,
                email=email,
                metadata=metadata or {},
                created=self._at(),
            )
            self._emit("customer.created", customer)
            return self._put(customer)

    def attach(self, method: str, customer: str) -> Method | Refusal:
        """Give a card to a customer, who alone can use it from then on.

        A test card (`pm_card_...`) gets an id of its own; another keeps the id that it has.
        """
        with self._up_to_date():
            if self._get(Customer, customer) is None or card_named(method) is None:
                return no("resource_missing")
            there = self._shelf.get(Method, method)
            if there is not None:
                same = there.owner == customer and not there.detached
                return there if same else no("payment_method_unexpected_state")
            is_test_card = method.startswith("pm_card_")
            return self._put(
                Method(
                    id=new_id("pm") if is_test_card else method,
                    card=method,
                    owner=customer,
                    created=self._at(),
                )
            )

    def detach(self, method: str) -> Method | Refusal:
        """Take a card away from its customer: nobody can use it any more."""
        with self._up_to_date():
            there = self._shelf.get(Method, method)
            if there is None or there.detached:
                return no("payment_method_unexpected_state")
            return self._put(evolve(there, detached=True))

    def _behaviour(self, method: str | None) -> Card:
        """How the card behind a charge behaves after it was taken."""
        if method is None:
            return GOOD
        there = self._shelf.get(Method, method)
        return card_named(there.card if there else method) or GOOD

    def _card(
        self, method: str, customer: str | None, payment: Payment | None = None
    ) -> Card | Refusal:
        """The card behind `method`, if that customer can use it."""
        if customer is not None and self._shelf.get(Customer, customer) is None:
            return no("resource_missing", payment)
        there = self._shelf.get(Method, method)
        if there is not None and (there.detached or there.owner != customer):
            return no("payment_method_unexpected_state", payment)
        name = there.card if there else method
        if not is_holdable(name):
            return no("payment_method_not_holdable", payment)
        return card_named(name) or no("resource_missing", payment)
