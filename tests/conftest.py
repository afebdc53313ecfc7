"""For all tests: how Hypothesis tries things, and which tests start first."""

import os

from hypothesis import HealthCheck, settings

settings.register_profile("local", deadline=None, suppress_health_check=[HealthCheck.too_slow])
if settings.get_current_profile_name() == "default":  # on a CI machine it is Hypothesis's own
    settings.load_profile("local")


def pytest_collection_modifyitems(items):
    """Start the long tests first: then the workers end at about the same time."""
    items.sort(key=lambda item: item.get_closest_marker("long") is None)


# Trials run in the environment that is active (docs/reference/experiment-file.md). Here they run in
# the one that runs the tests, also where a developer has activated another.
for name in ("VIRTUAL_ENV", "CONDA_PREFIX"):
    os.environ.pop(name, None)
