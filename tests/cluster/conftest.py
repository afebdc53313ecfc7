"""A cluster of real hosts for each file of tests, made when its first test asks for it."""

import os
from collections.abc import Iterator

import pytest

from controller.errors import HeirloomError
from testbed.cluster import Cluster
from testbed.machine import check_machine


@pytest.fixture(scope="session")
def test_machine() -> None:
    """Skips, or where CI is set fails, on a machine that can't run hosts."""
    try:
        check_machine()
    except HeirloomError as error:
        if os.environ.get("CI"):
            raise
        pytest.skip(str(error))


@pytest.fixture(scope="module")
def cluster(request: pytest.FixtureRequest, test_machine: None) -> Iterator[Cluster]:
    """Hosts that answer SSH: three of Debian 13, unless the file says HOSTS or RELEASE.

    HEIRLOOM_TEST_CLUSTER names a cluster to use, which stays up: without it the tests make one, and
    another in each process of pytest-xdist.
    """
    given = os.environ.get("HEIRLOOM_TEST_CLUSTER")
    worker = os.environ.get("PYTEST_XDIST_WORKER")
    cluster = Cluster(given or (f"tests-{worker}" if worker else "tests"))
    hosts = getattr(request.module, "HOSTS", 3)
    release = getattr(request.module, "RELEASE", "trixie")
    try:
        cluster.up(hosts=hosts, release=release)
        yield cluster
    finally:
        if not given:
            cluster.down()


@pytest.fixture(autouse=True)
def whole(request: pytest.FixtureRequest) -> Iterator[None]:
    """Whatever a test did to the cluster, its hosts are on and connected for the next one."""
    yield
    if "cluster" in request.fixturenames:
        cluster: Cluster = request.getfixturevalue("cluster")
        for host in cluster.hosts():
            cluster.heal(host.name)
            cluster.start(host.name)
