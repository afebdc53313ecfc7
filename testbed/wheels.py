"""Python packages for the hosts: wheels that this machine downloads and lends to them."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path

from testbed.cache import REPOSITORY, building, cache_root, digest
from testbed.image import PYTHONS
from testbed.machine import call

# What the controller needs, and what the example's trials need.
REQUIREMENTS = (
    REPOSITORY / "requirements.txt",
    REPOSITORY / "examples" / "digits" / "requirements.txt",
)
# pip takes each name as it stands: newer ones do not stand for older ones.
_PLATFORMS = ("2_34", "2_31", "2_28", "2_27", "2_24", "2_17", "2_12", "2_5")


def fetch_wheels(release: str, requirements: Sequence[Path] = REQUIREMENTS) -> Path:
    """A directory with wheels for a release's Python; downloaded unless it is there.

    Raises HeirloomError with pip's own words.
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
