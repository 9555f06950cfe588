"""Taking part in a transaction that is somebody else's."""

from __future__ import annotations

from typing import Final, Protocol, runtime_checkable

from marketpay.ports.store import AsyncStore, Store

CANNOT_BE_JOINED: Final = (
    "This store cannot take part in a transaction of yours; keep the marketplace's data in the "
    "database of that transaction, for example by Marketplace.connect(url)."
)


@runtime_checkable
class Joinable(Protocol):
    """A store that can also write in a transaction of the host's."""

    def within(self, host: object, /, *, attempts: int) -> Store:
        """The store as the transaction of the host's connection or session sees it.

        It never commits.  What `run` raises is undone, and the host's transaction can go on,
        unless the database has given up all of it.  After a lost race `use` is run again,
        `attempts` times at most, where that can help within one transaction; elsewhere
        `Conflict` means that the host has to run its own again.  `read` sees what the host's
        transaction sees.  `ConfigurationError` if this is no connection to such a database, or
        there is no transaction in which to write.
        """
        ...


@runtime_checkable
class AsyncJoinable(Protocol):
    """The same for what is awaited."""

    def within_async(self, host: object, /, *, attempts: int) -> AsyncStore:
        """See `Joinable.within`."""
        ...
