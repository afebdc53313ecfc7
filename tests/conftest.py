"""For all tests: how Hypothesis tries things, the environment, and which tests start first."""

import importlib.util
import os
import signal
from pathlib import Path

from hypothesis import HealthCheck, settings

# A slow machine, or other tests beside one, says nothing about what is tested.
settings.register_profile("local", deadline=None, suppress_health_check=[HealthCheck.too_slow])
if settings.get_current_profile_name() == "default":  # on a CI machine it is Hypothesis's own
    settings.load_profile("local")

# Trials run in the environment that is active (docs/reference/experiment-file.md). Here they run in
# the one that runs the tests, also where a developer has activated another.
for name in ("VIRTUAL_ENV", "CONDA_PREFIX"):
    os.environ.pop(name, None)

# A shell script starts its background commands with SIGINT ignored, and their children inherit
# that. Tests that send SIGINT to a child would then wait until their time limit.
signal.signal(signal.SIGINT, signal.default_int_handler)

# The tests in a browser need packages that only `make test-browser` installs.
collect_ignore = [] if importlib.util.find_spec("playwright") else ["browser"]

# Their tests run whole searches and take longest.
_LONGEST = ("integration/search/", "integration/docs/", "integration/")


def pytest_collection_modifyitems(items):
    """Start the long tests first: then the workers end at about the same time."""
    items.sort(key=_rank)


def _rank(item):
    path = item.path.relative_to(Path(__file__).parent).as_posix()
    found = (rank for rank, start in enumerate(_LONGEST) if path.startswith(start))
    return next(found, len(_LONGEST))
