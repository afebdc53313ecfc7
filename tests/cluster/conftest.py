"""A cluster of virtual hosts for each test module, created for its first test."""

import os
from collections.abc import Iterator

import pytest

from controller.errors import HeirloomError
from testbed.cluster import Cluster
from testbed.machine import check_machine


@pytest.fixture(scope="session")
def test_machine() -> None:
    """Skip on a machine that cannot run hosts. Fail there if CI is set."""
    try:
        check_machine()
    except HeirloomError as error:
        if os.environ.get("CI"):
            raise
        pytest.skip(str(error))


@pytest.fixture(scope="module")
def cluster(request: pytest.FixtureRequest, test_machine: None) -> Iterator[Cluster]:
    """Hosts that answer SSH: three of Debian 13, unless the module sets HOSTS or RELEASE.

    HEIRLOOM_TEST_CLUSTER names a running cluster to use, which the tests do not stop. Without it,
    each process of pytest-xdist starts its own cluster.
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
def repaired(request: pytest.FixtureRequest) -> Iterator[None]:
    """Start and connect all hosts again after each test."""
    yield
    if "cluster" in request.fixturenames:
        cluster: Cluster = request.getfixturevalue("cluster")
        for host in cluster.hosts():
            cluster.heal(host.name)
            cluster.start(host.name)
