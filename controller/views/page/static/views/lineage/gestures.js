// @ts-check
// Pointers, the wheel and keys on the canvas of the lineage.

const STILL = 4; // pixels that a pointer may move in a click

/**
 * Listen until the returned function is called.
 * @param {HTMLCanvasElement} canvas
 * @param {{view: any, zoom: (factor: number, x?: number, y?: number) => void, fit: () => void, request: () => void,
 *   at: (event: any) => number, point: (at: number, event: any) => void, choose: (at: number) => void,
 *   stop: () => void, open: () => void, step: (key: string) => void}} on
 */
export function gestures(canvas, on) {
  /** The pointers that are down. @type {Map<number, {x: number, y: number}>} */
  const down = new Map();
  let isDrag = false;
  const ending = new AbortController();
  const { signal } = ending;

  /** The middle of two pointers, and how far they are apart. */
  function spread() {
    const [one, other] = [...down.values()];
    return { x: (one.x + other.x) / 2, y: (one.y + other.y) / 2, length: Math.hypot(one.x - other.x, one.y - other.y) || 1 };
  }

  /** @param {PointerEvent} event */
  function press(event) {
    if (event.button !== 0) return; // a menu may take the end of the others
    canvas.setPointerCapture(event.pointerId);
    if (!down.size) isDrag = false;
    down.set(event.pointerId, { x: event.offsetX, y: event.offsetY });
  }

  /** @param {PointerEvent} event */
  function move(event) {
    const old = down.get(event.pointerId);
    if (!old) {
      on.point(on.at(event), event);
      return;
    }
    const now = { x: event.offsetX, y: event.offsetY };
    if (!isDrag && Math.hypot(now.x - old.x, now.y - old.y) < STILL) return;
    isDrag = true;
    on.stop();
    const before = down.size === 2 ? spread() : null;
    down.set(event.pointerId, now);
    if (before) {
      const after = spread();
      on.view.zoom(after.length / before.length, before.x, before.y);
      on.view.move(after.x - before.x, after.y - before.y);
    } else on.view.move(now.x - old.x, now.y - old.y);
    on.point(-1, event);
    on.request();
  }

  /** @param {PointerEvent} event */
  function release(event) {
    if (down.delete(event.pointerId) && !isDrag && event.type === "pointerup") on.choose(on.at(event));
  }

  /** The page scrolls with the wheel as long as the canvas has no focus. @param {WheelEvent} event */
  function wheel(event) {
    if (!event.ctrlKey && !event.metaKey && document.activeElement !== canvas) return;
    event.preventDefault();
    on.zoom(Math.exp(-event.deltaY * (event.deltaMode ? 0.05 : 0.002)), event.offsetX, event.offsetY);
  }

  /** @param {KeyboardEvent} event */
  function key(event) {
    if (event.altKey || event.ctrlKey || event.metaKey) return;
    /** @type {Record<string, () => void>} */
    const keys = {
      "+": () => on.zoom(1.4), "=": () => on.zoom(1.4), "-": () => on.zoom(1 / 1.4), 0: on.fit,
      Escape: () => on.choose(-1), Enter: on.open,
    };
    const action = event.key.startsWith("Arrow") ? () => on.step(event.key) : keys[event.key];
    if (!action) return;
    event.preventDefault();
    action();
  }

  canvas.addEventListener("pointerdown", press, { signal });
  canvas.addEventListener("pointermove", move, { signal });
  canvas.addEventListener("pointerup", release, { signal });
  canvas.addEventListener("pointercancel", release, { signal });
  canvas.addEventListener("pointerleave", (event) => on.point(-1, event), { signal });
  canvas.addEventListener("dblclick", on.open, { signal });
  canvas.addEventListener("wheel", wheel, { signal, passive: false });
  canvas.addEventListener("keydown", key, { signal });
  return () => ending.abort();
}
