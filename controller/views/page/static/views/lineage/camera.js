// @ts-check
// Which part of a scene is on the canvas. Sizes are in CSS pixels.

const LARGEST = 60; // pixels between two neighbours, of a scene that is fitted
const MARGIN = 24;

export function camera() {
  const view = {
    /** Pixels for one unit. `tall` is negative where larger values are higher. */
    wide: 1, tall: 1,
    /** Where the origin of the scene is. */
    left: 0, top: 0,
    /** Whether the reader moved or zoomed. */
    isMoved: false,
    /** @param {number} x */
    x: (x) => x * view.wide + view.left,
    /** @param {number} y */
    y: (y) => y * view.tall + view.top,
    /** The place in the scene that is at a place on the canvas. @param {number} x @param {number} y */
    place: (x, y) => [(x - view.left) / view.wide, (y - view.top) / view.tall],
    /**
     * Show a part of the scene.
     * @param {any} box @param {{width: number, height: number}} size @param {string} up
     */
    fit(box, size, up) {
      const across = size.width - 2 * MARGIN;
      const down = size.height - 2 * MARGIN;
      view.wide = Math.min(LARGEST, across / (box.right - box.left));
      view.tall = down / (box.bottom - box.top);
      if (up === "family") view.tall = Math.min(LARGEST, view.tall);
      else view.tall = -view.tall;
      view.left = size.width / 2 - (view.wide * (box.left + box.right)) / 2;
      view.top = size.height / 2 - (view.tall * (box.top + box.bottom)) / 2;
      view.isMoved = false;
    },
    /** @param {number} dx @param {number} dy */
    move(dx, dy) {
      view.left += dx;
      view.top += dy;
      view.isMoved = true;
    },
    /** Zoom about a place on the canvas. @param {number} factor @param {number} x @param {number} y */
    zoom(factor, x, y) {
      const limited = Math.min(Math.max(view.wide * factor, 1e-4), 400) / view.wide;
      view.wide *= limited;
      view.tall *= limited;
      view.left = x - (x - view.left) * limited;
      view.top = y - (y - view.top) * limited;
      view.isMoved = true;
    },
  };
  return view;
}
