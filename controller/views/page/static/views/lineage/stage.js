// @ts-check
// The canvas of the lineage: it draws a scene, and is moved, zoomed and walked through.

import { el } from "../../dom.js";
import { camera } from "./camera.js";
import { gestures } from "./gestures.js";
import { marks } from "./marks.js";
import { painter, radiusOf } from "./painter.js";
import { reach, scene } from "./scene.js";
import { walk } from "./walk.js";

const NEAR = 12; // pixels around a mark within which it is meant
const DURATION = 300; // milliseconds in which trials move to their new places

/**
 * @param {any} doc
 * @param {{across: any, up: any, by: any, colour: (name: string) => string, describe: (at: number) => string,
 *   onFocus: (trial: number | null) => void, onOpen: (trial: number) => void}} options
 */
export function stage(doc, options) {
  const canvas = el("canvas", { tabindex: 0, role: "application", "aria-label": "Lineage of the trials", "aria-describedby": "lineage-keys" });
  const tip = el("div", { class: "tip", role: "presentation" });
  const root = el("div", { class: "stage" }, canvas, tip);
  const view = camera();
  const brush = painter(canvas);
  const size = { width: 0, height: 0, ratio: 1 };
  let current = scene(doc, options.across, options.up);
  let kinds = marks(doc, options.by, options.colour);
  let focus = -1;
  let hover = -1;
  /** @type {Uint8Array | null} */
  let related = null;
  let frame = 0;
  /** Trials on their way to new places. @type {{from: any, to: any, since: number} | null} */
  let motion = null;

  function request() {
    frame ||= requestAnimationFrame(draw);
  }

  function draw() {
    frame = 0;
    if (!size.width) return;
    if (motion) proceed();
    const line = current.doc.line.map((/** @type {any} */ step) => current.index.get(step.id)).filter((/** @type {any} */ at) => at !== undefined);
    brush.paint(current, view, size, kinds, {
      related, focus, hover, line,
      best: current.index.get(current.doc.best) ?? -1,
      imported: current.doc.imported,
      ink: options.colour("ink"), accent: options.colour("accent"), rule: options.colour("edge"),
      grid: options.colour("rule"), soft: options.colour("soft"),
    });
  }

  /** Move trials and camera a part of their way. */
  function proceed() {
    const { from, to, since } = /** @type {any} */ (motion);
    const part = Math.min(1, (performance.now() - since) / DURATION);
    const eased = 1 - (1 - part) ** 3;
    for (let at = 0; at < current.count; at += 1) {
      current.x[at] = from.x[at] + (to.x[at] - from.x[at]) * eased;
      current.y[at] = from.y[at] + (to.y[at] - from.y[at]) * eased;
    }
    for (const key of /** @type {const} */ (["wide", "tall", "left", "top"])) view[key] = from.view[key] + (to.view[key] - from.view[key]) * eased;
    if (part === 1) motion = null;
    else request();
  }

  /**
   * Show another document or layout. What the reader looks at stays where it is.
   * @param {any} next
   */
  function change(next) {
    const before = current;
    const kept = keptInPlace(before);
    current = scene(next, options.across, options.up);
    kinds = marks(next, options.by, options.colour);
    const isSameLayout = before.up === current.up && before.across === current.across;
    const from = { ...places(before), view: pose() };
    const at = kept.at < 0 ? undefined : current.index.get(before.ids[kept.at]);
    if (!view.isMoved || !isSameLayout || at === undefined) view.fit(current.box, size, current.up);
    else {
      view.left = kept.x - current.x[at] * view.wide;
      view.top = kept.y - current.y[at] * view.tall;
    }
    const isStill = matchMedia("(prefers-reduced-motion: reduce)").matches;
    const to = { x: current.x.slice(), y: current.y.slice(), view: pose() };
    motion = isSameLayout && !isStill ? { from, to, since: performance.now() } : null;
    const focused = focus < 0 ? undefined : current.index.get(before.ids[focus]);
    hover = -1;
    tip.hidden = true;
    setFocus(focused ?? -1);
    request();
  }

  function pose() {
    return { wide: view.wide, tall: view.tall, left: view.left, top: view.top };
  }

  /** Where the trials of the new scene were; new ones come from their parent. @param {any} before */
  function places(before) {
    const x = current.x.slice();
    const y = current.y.slice();
    for (let at = 0; at < current.count; at += 1) {
      const old = before.index.get(current.ids[at]);
      const parent = current.parent[at];
      if (old !== undefined) { x[at] = before.x[old]; y[at] = before.y[old]; }
      else if (parent >= 0) { x[at] = x[parent]; y[at] = y[parent]; }
    }
    return { x, y };
  }

  /** The trial that must not move: the focus, else what is nearest to the middle. @param {any} before */
  function keptInPlace(before) {
    let at = focus;
    if (at < 0) {
      const [x, y] = view.place(size.width / 2, size.height / 2);
      at = before.nearest(x, y, size.width / 2 / view.wide, size.height / 2 / Math.abs(view.tall));
    }
    return at < 0 ? { at, x: 0, y: 0 } : { at, x: view.x(before.x[at]), y: view.y(before.y[at]) };
  }

  /** @param {number} at */
  function setFocus(at) {
    focus = at;
    related = null;
    if (at >= 0) {
      related = new Uint8Array(current.count);
      related[at] = 1;
      for (const each of reach(at, current.parents)) related[each] = 1;
      for (const each of reach(at, (from) => current.children[from])) related[each] = 1;
    }
    request();
  }

  /** Focus a trial, tell about it, and bring it into view. @param {number} at */
  function choose(at) {
    setFocus(at);
    options.onFocus(at < 0 ? null : current.ids[at]);
    if (at < 0 || !size.width || Number.isNaN(current.y[at])) return;
    const [x, y] = [view.x(current.x[at]), view.y(current.y[at])];
    const [nearX, nearY] = [Math.min(Math.max(x, 40), size.width - 40), Math.min(Math.max(y, 40), size.height - 40)];
    if (x !== nearX || y !== nearY) view.move(nearX - x, nearY - y);
  }

  /** The trial at a place on the canvas. @param {{offsetX: number, offsetY: number}} event */
  function under(event) {
    const [x, y] = view.place(event.offsetX, event.offsetY);
    const reachOf = Math.max(NEAR, radiusOf(current, view) + 4);
    return current.nearest(x, y, reachOf / view.wide, reachOf / Math.abs(view.tall));
  }

  /** @param {number} at @param {{offsetX: number, offsetY: number}} event */
  function point(at, event) {
    if (at !== hover) {
      hover = at;
      tip.hidden = at < 0;
      if (at >= 0) tip.textContent = options.describe(at);
      canvas.classList.toggle("over", at >= 0);
      request();
    }
    if (at < 0) return;
    const left = Math.min(event.offsetX + 14, size.width - tip.offsetWidth - 4);
    const isLow = event.offsetY + 18 + tip.offsetHeight > size.height;
    tip.style.transform = `translate(${Math.max(4, left)}px, ${isLow ? event.offsetY - tip.offsetHeight - 10 : event.offsetY + 18}px)`;
  }

  const end = gestures(canvas, {
    view, zoom, fit, request,
    at: under, point, choose,
    stop: () => { motion = null; },
    open: () => { if (focus >= 0) options.onOpen(current.ids[focus]); },
    step: (key) => choose(walk(current, focus, key)),
  });
  const observer = new ResizeObserver(() => measure());
  observer.observe(root);

  function zoom(/** @type {number} */ factor, x = size.width / 2, y = size.height / 2) {
    motion = null;
    view.zoom(factor, x, y);
    request();
  }

  function fit() {
    motion = null;
    view.fit(current.box, size, current.up);
    request();
  }

  function measure() {
    const { clientWidth: width, clientHeight: height } = root;
    const ratio = Math.min(2, devicePixelRatio || 1);
    if (!width || (width === size.width && height === size.height && ratio === size.ratio)) return;
    Object.assign(size, { width, height, ratio });
    canvas.width = Math.round(width * ratio);
    canvas.height = Math.round(height * ratio);
    if (!view.isMoved) view.fit(current.box, size, current.up);
    draw();
  }

  tip.hidden = true;
  return {
    root, zoom, fit,
    /** @param {any} next */
    update: (next) => change(next),
    /** Change the layout or the colours. @param {{across?: any, up?: any, by?: any}} changes */
    set(changes) {
      Object.assign(options, changes);
      change(current.doc);
    },
    /** Draw in new colours. */
    recolour() {
      kinds = marks(current.doc, options.by, options.colour);
      request();
    },
    /** @param {number | null} trial */
    focus: (trial) => choose(trial === null ? -1 : current.index.get(trial) ?? -1),
    get scene() { return current; },
    destroy() {
      observer.disconnect();
      end();
      if (frame) cancelAnimationFrame(frame);
    },
  };
}
