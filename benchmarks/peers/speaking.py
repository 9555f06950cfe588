"""How a side is told what to do: lines on its standard input, answered on standard output.

Every side imports this in an environment of its own, so it needs nothing but Python.

- The side says `ready` once its books are open.
- `run N`: it posts N times, reads the balance after each, and says how many seconds that took,
  by the clock on the wall and by its own processor's.
- `balances`: it says what its books hold in the end.
"""

import sys
from time import perf_counter, process_time
from typing import Protocol

# One posting, in minor units: what the customer paid goes to the platform and the contractor.
PAID, FEE, EARNED = 10_000, 1_000, 9_000


class Books(Protocol):
    """Three accounts and what is posted to them."""

    def post(self, number: int) -> int:
        """Post one transaction of three legs durably, then read what the contractor is owed."""
        ...

    def balances(self) -> tuple[int, int, int]:
        """What was paid, what the platform earned, what the contractor is owed: as kept."""
        ...


class Wrong(Exception):
    """The balance that was read is not what was posted."""


def speak(books: Books) -> None:
    """Do as told until the input ends."""
    posted = 0
    print("ready", flush=True)
    for line in sys.stdin:
        word, _, number = line.partition(" ")
        if word.strip() == "balances":
            print(*books.balances(), flush=True)
            continue
        times = int(number)
        wall, processor = perf_counter(), process_time()
        for posted in range(posted + 1, posted + times + 1):  # noqa: B020  # goes on from the last
            if (balance := books.post(posted)) != EARNED * posted:
                raise Wrong(f"{balance} after {posted} postings")
        print(perf_counter() - wall, process_time() - processor, flush=True)
