"""Connections that are lent."""

from __future__ import annotations

import os

import pytest

from marketpay import Actor, ListJobs, Marketplace, PostJob
from marketpay.testing import SimulatedGateway

CUSTOMER = Actor.customer("cus_17")


@pytest.mark.skipif(not hasattr(os, "fork"), reason="only where processes fork")
@pytest.mark.filterwarnings("ignore:.*use of fork.*:DeprecationWarning")
def test_a_server_that_forks_may_have_opened_the_store_before(postgres_copy: str) -> None:
    with Marketplace.connect(postgres_copy, gateway=SimulatedGateway()) as market:
        market.execute(PostJob(by=CUSTOMER, title="before", currency="USD"))

        child = os.fork()
        if child == 0:  # no assertion gets out of here but by the exit status
            market.execute(PostJob(by=CUSTOMER, title="in the child", currency="USD"))
            os._exit(0)
        _, status = os.waitpid(child, 0)
        market.execute(PostJob(by=CUSTOMER, title="after", currency="USD"))

        titles = {job.title for job in market.query(ListJobs()).items}
    assert os.waitstatus_to_exitcode(status) == 0
    assert titles == {"before", "in the child", "after"}
