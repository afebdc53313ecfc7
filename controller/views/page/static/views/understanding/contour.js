// @ts-check
// The contour of a value over two params: a smoothed mean of the results, and the results themselves.

import { el, redraw } from "../../dom.js";
import { short } from "./scale.js";
import { drawing } from "./canvas.js";
import { colours } from "./colours.js";
import { frame } from "./frame.js";
import { scale } from "./scale.js";
import { values } from "./slices.js";

const GRID = 48; // cells along an axis
const BANDS = 10; // colours
const WIDTH = 0.07; // of the kernel, as a share of an axis
const FAR = 3 * WIDTH; // from the nearest result: there is no mean
const MOST = 1500; // results that the mean is made of

/** @param {any} doc @param {any} context */
export function contour(doc, context) {
  const { colour } = context.theme;
  let current = doc;
  const chosen = { across: "", up: "", of: "" };
  /** @type {any} */
  let field = null;
  const control = el("div", { class: "controls" });
  const key = el("p", { class: "soft" });
  const picture = drawing("Contour of a value over two params", paint);
  picture.root.classList.add("contour");
  const root = el("div", null, control, picture.root, key);
  fill();

  function fill() {
    const params = current.columns.filter((/** @type {any} */ column) => column.role !== "value").map((/** @type {any} */ column) => column.name);
    const of = values(current).map((column) => column.name);
    if (!params.includes(chosen.across)) chosen.across = params[0] ?? "";
    if (!params.includes(chosen.up) || chosen.up === chosen.across) chosen.up = params.find((/** @type {string} */ name) => name !== chosen.across) ?? "";
    if (!of.includes(chosen.of)) chosen.of = of[0] ?? "";
    redraw(control, choice("Across", "across", params), choice("Up", "up", params), of.length > 1 && choice("Value", "of", of));
    field = chosen.up && chosen.of ? mean() : null;
    const ends = field && [field.shades.low, field.shades.high].map(short);
    if (field?.of.maximize === false) ends.reverse();
    key.textContent = field
      ? `${chosen.of} from ${ends[0]} (dark) to ${ends[1]}: the brighter, the better. The mean of ${field.rows.length} results, weighted by their distance; dots are results.`
      : "A contour needs two params that differ between trials.";
    picture.canvas.setAttribute("aria-label", `${chosen.of} over ${chosen.across} and ${chosen.up}`);
    picture.request();
  }

  /** @param {string} label @param {"across" | "up" | "of"} key @param {string[]} names */
  function choice(label, key, names) {
    return el("label", null, label, " ", el("select", { "data-key": key, onchange: (/** @type {any} */ event) => { chosen[key] = event.target.value; fill(); } },
      names.map((name) => el("option", { value: name, selected: name === chosen[key] }, name))));
  }

  /** @param {string} name @param {boolean} isValue */
  function column(name, isValue) {
    return current.columns.find((/** @type {any} */ each) => each.name === name && (each.role === "value") === isValue);
  }

  /** The mean at each place of a grid (Nadaraya 1964, Watson 1964), NaN far from all results. */
  function mean() {
    const [first, second, of] = [column(chosen.across, false), column(chosen.up, false), column(chosen.of, true)];
    const [across, up] = [scale(first), scale(second)];
    const shades = colours(of, colour);
    /** @type {{x: number, y: number, value: number}[]} */
    let rows = [];
    of.values.forEach((/** @type {any} */ value, /** @type {number} */ row) => {
      const [x, y] = [across.share(first.values[row]), up.share(second.values[row])];
      if (value !== null && x !== null && y !== null) rows.push({ x, y, value: shades.share(value) });
    });
    const step = Math.ceil(rows.length / MOST);
    rows = rows.filter((_, at) => at % step === 0);
    const grid = new Float64Array(GRID * GRID).fill(NaN);
    for (let row = 0; row < GRID; row += 1) {
      for (let at = 0; at < GRID; at += 1) grid[row * GRID + at] = smoothed(rows, (at + 0.5) / GRID, (row + 0.5) / GRID);
    }
    return { across, up, of, shades, rows, grid };
  }

  /** @param {CanvasRenderingContext2D} pen @param {{width: number, height: number}} size */
  function paint(pen, size) {
    if (!field) return;
    const { across, up, grid, rows, of } = field;
    const shades = colours(of, colour);
    const { x, y } = frame(pen, size, across, up, colour);
    for (let row = 0; row < GRID; row += 1) {
      for (let at = 0; at < GRID; at += 1) {
        const share = grid[row * GRID + at];
        if (Number.isNaN(share)) continue;
        const band = Math.min(BANDS - 1, Math.floor(share * BANDS));
        pen.fillStyle = shades.scale[Math.round((band / (BANDS - 1)) * (shades.scale.length - 1))];
        const [left, right] = [Math.floor(x(at / GRID)), Math.ceil(x((at + 1) / GRID))];
        const [low, high] = [Math.ceil(y(row / GRID)), Math.floor(y((row + 1) / GRID))];
        pen.fillRect(left, high, right - left, low - high);
      }
    }
    pen.fillStyle = colour("paper");
    pen.strokeStyle = colour("ink");
    for (const each of rows) {
      pen.beginPath();
      pen.arc(x(each.x), y(each.y), 2, 0, 2 * Math.PI);
      pen.fill();
      pen.stroke();
    }
  }

  return {
    root,
    /** @param {any} next */
    update(next) { current = next; fill(); },
    destroy: () => picture.destroy(),
  };
}

/** The mean of values at a place, weighted by a Gaussian kernel. @param {{x: number, y: number, value: number}[]} rows @param {number} x @param {number} y */
export function smoothed(rows, x, y) {
  let weights = 0;
  let sum = 0;
  let isNear = false;
  for (const each of rows) {
    const squared = (each.x - x) ** 2 + (each.y - y) ** 2;
    if (squared > FAR ** 2) continue;
    isNear = true;
    const weight = Math.exp(-squared / (2 * WIDTH ** 2));
    weights += weight;
    sum += weight * each.value;
  }
  return isNear ? sum / weights : NaN;
}
