"""Pictures of every view: `python -m tests.browser.screenshots DIRECTORY`.

A search with the digits example runs in a home of its own, beside finished ones, and is shown
while it runs and at its end.
"""

from __future__ import annotations

import argparse
import shutil
import tempfile
from collections.abc import Iterator
from itertools import product
from pathlib import Path

from playwright.sync_api import Browser, sync_playwright

from tests.browser.conftest import Server, Tab, launch
from tests.golden.golden import FORMATS, Golden
from tests.integration.search.conftest import REPOSITORY, Lab

_WIDTHS = {360: 780, 1280: 900, 3840: 2160}  # and heights
_SCHEMES = ("light", "dark")
_SETTLE = 800  # milliseconds for pictures that are drawn


def main() -> None:
    """Write the pictures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("directory", type=Path)
    parser.add_argument("--home", type=Path, help="a home whose experiments are shown instead")
    options = parser.parse_args()
    shutil.rmtree(options.directory, ignore_errors=True)
    options.directory.mkdir(parents=True)
    with tempfile.TemporaryDirectory() as temporary, sync_playwright() as playwright:
        browser = launch(playwright)
        lab = Lab(Path(temporary))
        if options.home is not None:
            lab.home.symlink_to(options.home.absolute())
        else:
            Golden(FORMATS[-1], lab.path)
        with Server(lab) as server:
            if options.home is None:
                _run_digits(lab, browser, server, options.directory)
            names = sorted(path.name for path in (lab.home / "experiments").iterdir())
            name = "digits" if "digits" in names else names[0]
            for each in _pictures(browser, server.address, _views(lab, name), options.directory):
                print(each)


def _run_digits(lab: Lab, browser: Browser, server: Server, directory: Path) -> None:
    """Run the search, with a picture of it while it runs."""
    with lab.start("run", REPOSITORY / "examples/digits/experiment.yml") as controller:
        assert controller.stdout
        next(line for line in controller.stdout if line.startswith("trial 8 succeeded"))
        for each in _pictures(browser, server.address, {"running": "#/digits"}, directory):
            print(each)
        controller.communicate()


def _views(lab: Lab, name: str) -> dict[str, str]:
    """The addresses of the views by the name of their picture."""
    trials = lab.trials(name)
    child = next((each["id"] for each in reversed(trials) if each["restored"]), 0)
    return {
        "overview": "#/",
        "experiment": f"#/{name}",
        "trials": f"#/{name}/trials",
        "trial": f"#/{name}/trial/{child}",
        "lineage": f"#/{name}/lineage",
        "understanding": f"#/{name}/understanding",
    }


def _pictures(
    browser: Browser, address: str, views: dict[str, str], directory: Path
) -> Iterator[Path]:
    for (width, height), scheme in product(_WIDTHS.items(), _SCHEMES):
        page = browser.new_page(
            viewport={"width": width, "height": height},
            color_scheme=scheme,
        )
        tab = Tab(page)
        tab.open(address)
        for name, hash_ in views.items():
            tab.go(hash_)
            page.wait_for_timeout(_SETTLE)
            path = directory / f"{name}-{width}-{scheme}.png"
            page.screenshot(path=path, full_page=width < 2000)
            yield path
        for error in tab.errors:
            print(f"{width} {scheme}: {error}")
        page.close()


if __name__ == "__main__":
    main()
