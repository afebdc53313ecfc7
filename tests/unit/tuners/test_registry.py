"""Names of tuners and assessors, those of other packages included."""

from collections.abc import Callable
from pathlib import Path

import pytest

from heirloom.assessors.median import MedianStopping
from heirloom.tuners.evolution import Evolution
from heirloom.tuners.registry import RegistryError, check, find, names

Install = Callable[..., Path]


@pytest.fixture
def install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Install:
    """Install a package with one module of its own name and one entry point."""

    def run(package: str, point: str, source: str = "", kind: str = "tuner") -> Path:
        site = tmp_path / f"site-{len(list(tmp_path.iterdir()))}"
        info = site / f"{package}-1.2.dist-info"
        info.mkdir(parents=True)
        (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {package}\nVersion: 1.2\n")
        (info / "entry_points.txt").write_text(f"[heirloom.{kind}s]\n{point}\n")
        (site / f"{package}.py").write_text(source)
        monkeypatch.syspath_prepend(str(site))
        return site

    return run


def test_own_names_need_no_installation() -> None:
    assert find("tuner", "evolution") is Evolution
    assert find("assessor", "median_stopping") is MedianStopping
    check("tuner", "evolution")


def test_entry_point_of_another_package_is_found(install: Install) -> None:
    install("found_here", "hyper = found_here:Hyper", "class Hyper: pass\n")
    assert names("tuner")[-1] == "hyper"
    check("tuner", "hyper")
    assert find("tuner", "hyper").__name__ == "Hyper"
    with pytest.raises(RegistryError, match="unknown assessor hyper"):
        check("assessor", "hyper")


def test_unknown_name_suggests_the_nearest(install: Install) -> None:
    install("suggested", "hyperband = suggested:Hyper")
    with pytest.raises(RegistryError, match=r"unknown tuner hyperbnad; did you mean hyperband\?"):
        find("tuner", "hyperbnad")


@pytest.mark.parametrize("name", ["evolution", "hyper"])
def test_name_that_two_packages_declare_is_refused(install: Install, name: str) -> None:
    install("one_of_two", f"{name} = one_of_two:A")
    if name == "hyper":
        install("two_of_two", f"{name} = two_of_two:B")
    message = rf"^2 packages declare a tuner named {name}: .*one_of_two 1\.2 \(one_of_two:A\)"
    with pytest.raises(RegistryError, match=message):
        check("tuner", name)


def test_second_copy_of_a_package_does_not_count(install: Install) -> None:
    for _ in range(2):
        install("copied", "copy = copied:Copy", "class Copy: pass\n")
    check("tuner", "copy")


BROKEN = {
    "no module": ("absent:A", "", "absent:A raises ModuleNotFoundError: No module named 'absent'"),
    "module raises": ("raising:A", "1 / 0", "raising:A raises ZeroDivisionError"),
    "no attribute": ("empty:A", "", "empty:A raises AttributeError"),
    "no class": ("function:a", "def a(): pass", "function:a raises TypeError: a is no class"),
}


@pytest.mark.parametrize("case", BROKEN)
def test_broken_entry_point_is_named(install: Install, case: str) -> None:
    value, source, message = BROKEN[case]
    package = value.partition(":")[0] if case != "no module" else "broken"
    install(package, f"hyper = {value}", source)
    with pytest.raises(RegistryError, match=message) as raised:
        find("tuner", "hyper")
    assert f"the tuner hyper of the package {package} 1.2 cannot be loaded" in str(raised.value)
