"""How fast the lineage of ten thousand trials is: `python -m tests.browser.frames [TRIALS]`.

Prints the time until it is painted, and the frames a second while it is dragged and zoomed.
"""

import sys
import tempfile
from pathlib import Path
from typing import Any

from playwright.sync_api import Page, sync_playwright

from controller.views.page import documents
from controller.views.page.html import write
from tests.browser.conftest import Tab, launch
from tests.browser.forest import forest

_PAINTED = """async () => {
  const start = performance.timeOrigin;
  await new Promise((resolve) => {
    const look = () => {
      const isThere = document.querySelector('main[aria-busy=false] .stage canvas')?.width > 300;
      if (isThere) requestAnimationFrame(() => requestAnimationFrame(resolve));
      else setTimeout(look, 5);
    };
    look();
  });
  return Date.now() - start;
}"""
_FRAMES = """async (kind) => {
  const canvas = document.querySelector('.stage canvas');
  const { width, height, left, top } = canvas.getBoundingClientRect();
  const send = (type, x, y) => canvas.dispatchEvent(
    new PointerEvent(type, { pointerId: 1, clientX: left + x, clientY: top + y, bubbles: true }));
  canvas.setPointerCapture = () => {};
  canvas.focus();
  send('pointerdown', width / 2, height / 2);
  const times = [];
  const began = performance.now();
  for (let frame = 0; performance.now() - began < 3000; frame += 1) {
    times.push(await new Promise(requestAnimationFrame));
    const [x, y] = [200 * Math.sin(frame / 20), 100 * Math.cos(frame / 20)];
    const deltaY = frame % 120 < 60 ? -40 : 40;
    const at = { clientX: left + width / 2, clientY: top + height / 2, bubbles: true };
    if (kind === 'drag') send('pointermove', width / 2 + x, height / 2 + y);
    else canvas.dispatchEvent(new WheelEvent('wheel', { deltaY, cancelable: true, ...at }));
  }
  send('pointerup', width / 2, height / 2);
  const gaps = times.slice(1).map((time, at) => time - times[at]).sort((a, b) => a - b);
  const took = times.at(-1) - times[0];
  return { frames: 1000 * gaps.length / took, p95: gaps[Math.floor(gaps.length * 0.95)] };
}"""


def main() -> None:
    """Measure."""
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 10_000
    source = forest(count)
    held = {
        documents.address(source, kind): documents.make(source, kind)
        for kind in ("lineage", "curves")
    }
    with tempfile.TemporaryDirectory() as directory, sync_playwright() as playwright:
        path = Path(directory) / "report.html"
        write(held, source, path)
        browser = launch(playwright)
        for height in ("family", "value"):
            page = browser.new_page(viewport={"width": 1280, "height": 900})
            tab = Tab(page)
            page.goto(f"{path.as_uri()}#/digits/lineage")
            painted = page.evaluate(_PAINTED)
            page.select_option(".controls select >> nth=0", height)
            page.wait_for_timeout(1000)
            print(
                f"{count} trials by {height}: painted after {painted / 1000:.2f} s; {_moved(page)}"
            )
            for error in tab.errors:
                print(error)
            page.close()


def _moved(page: Page) -> str:
    found: dict[str, Any] = {kind: page.evaluate(_FRAMES, kind) for kind in ("drag", "zoom")}
    return ", ".join(
        f"{kind} {each['frames']:.0f} frames a second (95 % within {each['p95']:.0f} ms)"
        for kind, each in found.items()
    )


if __name__ == "__main__":
    main()
