// @ts-check
// Ranges on axes: a strip for each axis, on which a range is dragged, or moved with keys.

import { el } from "../../dom.js";

const WIDE = 28; // pixels of a strip
const STEP = 0.05; // of an axis, that a key moves

/**
 * @param {{ranges: Map<string, [number, number]>, columns: () => any[], changed: (isDone: boolean) => void,
 *   place: (at: number, width: number, height: number) => {x: number, top: number, bottom: number}}} options
 */
export function axes({ ranges, columns, place, changed }) {
  const root = el("div", { class: "axes" });
  /** @type {any[]} */
  let strips = [];

  function update() {
    const wanted = columns().map(({ column }) => column.name);
    if (strips.length !== wanted.length || strips.some((strip, at) => strip.dataset.name !== wanted[at])) {
      strips = wanted.map(made);
      root.replaceChildren(...strips);
      for (const name of ranges.keys()) if (!wanted.includes(name)) ranges.delete(name);
    }
    const { clientWidth: width, clientHeight: height } = root;
    strips.forEach((strip, at) => {
      const { x, top, bottom } = place(at, width, height);
      Object.assign(strip.style, { transform: `translate(${x - WIDE / 2}px, ${top}px)`, height: `${bottom - top}px` });
      const range = ranges.get(strip.dataset.name);
      strip.firstChild.hidden = !range;
      if (range) Object.assign(strip.firstChild.style, { top: `${100 * (1 - range[1])}%`, height: `${100 * (range[1] - range[0])}%` });
      strip.setAttribute("aria-label", words(columns()[at], range));
    });
  }

  /** @param {any} each @param {[number, number] | undefined} range */
  function words({ column, scale }, range) {
    if (!range) return `${column.name}: no range is chosen`;
    return `${column.name}: ${range.map((share) => scale.text(scale.value(share))).join(" to ")}`;
  }

  /** @param {string} name */
  function made(name) {
    const strip = el("div", { class: "strip", tabindex: 0, role: "group", "data-name": name }, el("div", { class: "range" }));
    let from = 0;
    let isDown = false;
    let isMoved = false;
    /** @param {PointerEvent} event */
    const share = (event) => {
      const box = strip.getBoundingClientRect();
      return Math.min(1, Math.max(0, 1 - (event.clientY - box.top) / box.height));
    };
    strip.addEventListener("pointerdown", (/** @type {PointerEvent} */ event) => {
      if (event.button !== 0) return;
      strip.setPointerCapture(event.pointerId);
      isDown = true;
      isMoved = false;
      from = share(event);
    });
    strip.addEventListener("pointermove", (/** @type {PointerEvent} */ event) => {
      if (!isDown) return;
      const to = share(event);
      if (!isMoved && Math.abs(to - from) < 0.01) return;
      isMoved = true;
      ranges.set(name, [Math.min(from, to), Math.max(from, to)]);
      changed(false);
    });
    const end = () => {
      if (!isDown) return;
      isDown = false;
      if (!isMoved) ranges.delete(name);
      changed(true);
    };
    strip.addEventListener("pointerup", end);
    strip.addEventListener("pointercancel", end);
    strip.addEventListener("keydown", (/** @type {KeyboardEvent} */ event) => {
      const next = moved(ranges.get(name), event.key);
      if (next === undefined) return;
      event.preventDefault();
      if (next === null) ranges.delete(name);
      else ranges.set(name, next);
      changed(true);
    });
    return strip;
  }

  return { root, update };
}

/**
 * The range after a key; null for none, undefined for a key that means nothing.
 * @param {[number, number] | undefined} range @param {string} key
 * @returns {[number, number] | null | undefined}
 */
export function moved(range, key) {
  const [low, high] = range ?? [0.5, 1];
  const limit = (/** @type {number} */ value) => Math.min(1, Math.max(0, value));
  switch (key) {
    case "ArrowUp":
    case "ArrowDown": {
      if (!range) return [low, high];
      const step = key === "ArrowUp" ? Math.min(STEP, 1 - high) : -Math.min(STEP, low);
      return [low + step, high + step];
    }
    case "+": return [limit(low - STEP / 2), limit(high + STEP / 2)];
    case "-": return high - low > STEP ? [low + STEP / 2, high - STEP / 2] : [low, high];
    case "Delete":
    case "Backspace":
    case "Escape": return null;
    default: return undefined;
  }
}
