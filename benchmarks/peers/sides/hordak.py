"""django-hordak: `python -m ... URL [bulk]`, of a PostgreSQL database.

The legs are created one by one, as its documentation has it, each checked when it is saved; with
`bulk` they are inserted together, which leaves the checks to the database.
"""

# mypy: disable-error-code="import-not-found, import-untyped"
# What it imports is in an environment of its own.

import sys
from typing import Any
from urllib.parse import urlsplit

import django
from django.conf import settings
from django.core.management import call_command
from django.db import transaction

from benchmarks.peers.speaking import EARNED, FEE, PAID, speak


def configure(url: str) -> None:
    """As small as its documentation asks: no web, one connection that stays open."""
    parts = urlsplit(url)
    settings.configure(
        INSTALLED_APPS=[
            "django.contrib.auth",
            "django.contrib.contenttypes",
            "mptt",
            "hordak",
        ],
        DATABASES={
            "default": {
                "ENGINE": "django.db.backends.postgresql",
                "NAME": parts.path.lstrip("/"),
                "HOST": parts.hostname,
                "PORT": parts.port,
                "USER": parts.username,
                "PASSWORD": parts.password or "",
                "CONN_MAX_AGE": None,
            }
        },
        DEFAULT_CURRENCY="USD",
        CURRENCIES=["USD"],
        USE_TZ=True,
        DEFAULT_AUTO_FIELD="django.db.models.AutoField",
    )
    django.setup()
    call_command("migrate", verbosity=0)


class Hordak:
    """Three root accounts, and the legs of its transactions."""

    def __init__(self, *, bulk: bool) -> None:
        from hordak.models import Account, AccountType, Leg, Transaction
        from moneyed import Money

        self._accounts, self._transactions, self._legs = Account, Transaction, Leg
        opened = [
            Account.objects.create(name=name, type=type, code=code, currencies=["USD"])
            for name, type, code in (
                ("paid", AccountType.asset, "1"),
                ("fees", AccountType.income, "2"),
                ("owed", AccountType.liability, "3"),
            )
        ]
        self._paid, self._fees, self._owed = opened
        self._save = self._together if bulk else self._one_by_one
        self._amounts = [Money(f"{minor / 100:.2f}", "USD") for minor in (PAID, FEE, EARNED)]

    def post(self, number: int) -> int:
        paid, fee, earned = self._amounts
        with transaction.atomic():
            posted = self._transactions.objects.create()
            self._save(
                {"transaction": posted, "account": self._paid, "debit": paid},
                {"transaction": posted, "account": self._fees, "credit": fee},
                {"transaction": posted, "account": self._owed, "credit": earned},
            )
        return self._balance(self._owed.pk)

    def _one_by_one(self, *legs: dict[str, Any]) -> None:
        for leg in legs:
            self._legs.objects.create(**leg)

    def _together(self, *legs: dict[str, Any]) -> None:
        self._legs.objects.bulk_create([self._legs(**leg) for leg in legs])

    def _balance(self, key: int) -> int:
        account = self._accounts.objects.with_balances().get(pk=key)
        return int(account.balance["USD"].amount * 100)

    def balances(self) -> tuple[int, int, int]:
        paid, fees, owed = (self._balance(one.pk) for one in (self._paid, self._fees, self._owed))
        return paid, fees, owed


if __name__ == "__main__":
    configure(sys.argv[1])
    speak(Hordak(bulk="bulk" in sys.argv[2:]))
