"""What a constraint refuses reaches the caller as an error that names it, on every engine."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from attrs import evolve

from marketpay import DatabaseRefused, SqlStore
from marketpay.testing.store_contract.samples import a_job, kept, write


@pytest.fixture(params=["sqlite", "postgres_ready", "mariadb_ready"])
def store(request: pytest.FixtureRequest) -> Iterator[SqlStore]:
    is_file = request.param == "sqlite"
    url = "sqlite://" if is_file else request.getfixturevalue(request.param)
    store = SqlStore.connect(url)
    yield store
    store.close()


def test_what_the_domain_never_writes_is_refused_by_name(store: SqlStore) -> None:
    [job] = write(store, a_job())

    with pytest.raises(DatabaseRefused, match="marketpay_jobs_parties") as refused:
        write(store, evolve(job, contractor=job.customer))

    assert not refused.value.retryable
    assert kept(store, job) == job
