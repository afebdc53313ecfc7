"""Python packages for the hosts: wheels that this machine downloads and shares."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path

from testbed.cache import REPOSITORY, building, cache_root, digest
from testbed.image import PYTHONS
from testbed.machine import call

# The requirements of the controller and of the example's trials.
REQUIREMENTS = (
    REPOSITORY / "requirements.txt",
    REPOSITORY / "examples" / "digits" / "requirements.txt",
)
# pip matches each name exactly: a newer platform does not include the older ones.
_PLATFORMS = ("2_34", "2_31", "2_28", "2_27", "2_24", "2_17", "2_12", "2_5")


def fetch_wheels(release: str, requirements: Sequence[Path] = REQUIREMENTS) -> Path:
    """Return a directory with wheels for a release's Python. Download them if needed.

    Raises HeirloomError with the error of pip.
    """
    recipe = [release, [path.read_text() for path in requirements]]
    target = cache_root() / f"wheels-{release}-{digest(recipe)}"
    if target.exists():
        return target
    print(
        f"downloading wheels for Debian {release}: {' '.join(map(str, requirements))}", flush=True
    )
    platforms = [f"--platform=manylinux_{glibc}_x86_64" for glibc in _PLATFORMS]
    with building(target) as work:
        wheels = work / "wheels"
        call(
            [
                sys.executable,
                *("-m", "pip", "download", "--quiet", "--disable-pip-version-check"),
                "--only-binary=:all:",
                f"--python-version={PYTHONS[release]}",
                "--implementation=cp",
                *platforms,
                f"--dest={wheels}",
                *(f"--requirement={path}" for path in requirements),
            ]
        )
        wheels.rename(target)
    return target
