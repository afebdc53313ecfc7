// @ts-check
// Parallel coordinates: an axis for each column, a line for each trial, ranges chosen on the axes.

import { el, redraw, table } from "../../dom.js";
import { number } from "../../format.js";
import { address } from "../../router.js";
import { axes } from "./axes.js";
import { drawing, label } from "./canvas.js";
import { colours } from "./colours.js";
import { scale } from "./scale.js";

const [TOP, BOTTOM, SIDE] = [44, 34, 48]; // pixels around the axes
const NARROW = 72; // pixels between two axes, at least
const WHILE = 600; // lines drawn while a range is dragged
const ROWS = 20; // of the table

/** @param {any} doc @param {any} context */
export function parallel(doc, context) {
  const { colour } = context.theme;
  let current = doc;
  let columns = prepared(doc);
  /** The chosen ranges by name, as shares of an axis. @type {Map<string, [number, number]>} */
  const ranges = new Map();
  let isDragged = false;
  /** All lines, faint: they change only with the size and the data. @type {HTMLCanvasElement | null} */
  let ground = null;
  let groundOf = "";

  const picture = drawing("A line for each trial through its params and values. The table below has the chosen trials.", paint);
  const overlay = axes({
    ranges,
    columns: () => columns,
    place,
    /** @param {boolean} isDone */
    changed(isDone) {
      isDragged = !isDone;
      picture.request();
      if (isDone) tell();
    },
  });
  const words = el("p", { class: "soft", role: "status" });
  const chosen = el("div");
  picture.root.classList.add("parallel");
  picture.root.append(overlay.root);
  const scroll = el("div", { class: "scroll", tabindex: 0, role: "region", "aria-label": "Parallel coordinates" }, picture.root);
  const root = el("div", null,
    el("p", { class: "soft" }, "Drag along an axis to choose a range; click on it to let go. With the keyboard: Tab to an axis, arrow keys move its range, + and − change its size, Delete lets go."),
    scroll, words, chosen);
  size();
  tell();

  function size() {
    picture.root.style.minWidth = `${2 * SIDE + NARROW * (columns.length - 1)}px`;
    queueMicrotask(() => overlay.update());
  }

  /** Where an axis and a share of it are. @param {number} at @param {number} width @param {number} height */
  function place(at, width, height) {
    const across = columns.length > 1 ? (width - 2 * SIDE) / (columns.length - 1) : 0;
    return { x: SIDE + at * across, top: TOP, bottom: height - BOTTOM, across };
  }

  /** @param {CanvasRenderingContext2D} pen @param {{width: number, height: number}} size */
  function paint(pen, { width, height }) {
    overlay.update();
    const first = columns.find(({ column }) => column.role === "value") ?? columns[0];
    const shades = colours(first.column, colour);
    const rows = selected();
    drawGround(pen, width, height);
    const step = isDragged ? Math.max(1, Math.ceil(rows.length / WHILE)) : 1;
    const sorted = rows.filter((_, at) => at % step === 0).sort((a, b) => shades.share(first.column.values[a]) - shades.share(first.column.values[b]));
    pen.globalAlpha = Math.min(0.9, Math.max(0.1, 300 / sorted.length));
    pen.lineWidth = sorted.length > 200 ? 1 : 1.5;
    lines(pen, sorted, width, height, (row) => shades.scale[shades.step(first.column.values[row])]);
    pen.globalAlpha = 1;
    columns.forEach((each, at) => axis(pen, each, place(at, width, height)));
  }

  /** @param {CanvasRenderingContext2D} pen @param {number} width @param {number} height */
  function drawGround(pen, width, height) {
    const key = `${width} ${height} ${colour("rule")} ${devicePixelRatio}`;
    if (!ground || groundOf !== key) {
      groundOf = key;
      ground = document.createElement("canvas");
      Object.assign(ground, { width: Math.round(width), height: Math.round(height) });
      const behind = /** @type {CanvasRenderingContext2D} */ (ground.getContext("2d"));
      behind.globalAlpha = 0.5;
      const all = current.ids.map((/** @type {any} */ _, /** @type {number} */ row) => row);
      lines(behind, all, width, height, () => colour("rule"));
    }
    pen.drawImage(ground, 0, 0, width, height);
  }

  /**
   * Lines through rows; those of one colour that follow each other are one path.
   * @param {CanvasRenderingContext2D} pen @param {number[]} rows @param {number} width @param {number} height
   * @param {(row: number) => string} shade
   */
  function lines(pen, rows, width, height, shade) {
    const places = columns.map((_, at) => place(at, width, height));
    let before = "";
    let count = 0;
    for (const row of rows) {
      const now = shade(row);
      if (now !== before || count === 100) {
        if (before) pen.stroke();
        pen.beginPath();
        pen.strokeStyle = before = now;
        count = 0;
      }
      count += 1;
      columns.forEach(({ shares }, at) => {
        const { x, top, bottom } = places[at];
        const share = shares[row];
        const y = share === null ? bottom + 16 : bottom - share * (bottom - top);
        if (at) pen.lineTo(x, y);
        else pen.moveTo(x, y);
      });
    }
    if (before) pen.stroke();
  }

  /** @param {CanvasRenderingContext2D} pen @param {any} each @param {any} place */
  function axis(pen, each, { x, top, bottom, across }) {
    pen.fillStyle = colour("edge");
    pen.fillRect(Math.round(x), top, 1, bottom - top);
    pen.fillStyle = colour("ink");
    pen.textAlign = "center";
    pen.textBaseline = "alphabetic";
    label(pen, each.column.name, x, top - 24, Math.max(NARROW, across) - 8);
    const range = ranges.get(each.column.name);
    pen.fillStyle = colour("soft");
    const aim = each.column.maximize === null ? "" : each.column.maximize ? "more is better" : "less is better";
    label(pen, range ? `${each.scale.text(each.scale.value(range[0]))} to ${each.scale.text(each.scale.value(range[1]))}` : aim, x, top - 9, Math.max(NARROW, across) - 8);
    pen.textAlign = "left";
    pen.textBaseline = "middle";
    for (const { value, words: tick } of each.scale.ticks(5)) {
      const y = bottom - (each.scale.share(value) ?? 0) * (bottom - top);
      pen.fillStyle = colour("paper");
      pen.globalAlpha = 0.75;
      const wide = Math.min(pen.measureText(tick).width, Math.max(NARROW, across) - 14);
      pen.fillRect(x + 4, y - 7, wide + 4, 14);
      pen.globalAlpha = 1;
      pen.fillStyle = colour("ink");
      pen.fillRect(Math.round(x) - 2, Math.round(y), 5, 1);
      label(pen, tick, x + 6, y, Math.max(NARROW, across) - 14);
    }
    if (each.shares.includes(null)) {
      pen.fillStyle = colour("soft");
      pen.fillText("none", x + 6, bottom + 16);
    }
  }

  /** Let the ranges of numbers mean the same on axes that became longer. @param {any[]} before the columns until now */
  function keepRanges(before) {
    for (const [name, range] of ranges) {
      const [old, now] = [before, columns].map((all) => all.find(({ column }) => column.name === name)?.scale);
      if (!old || !now || old.isCategorical || now.isCategorical) continue;
      const [low, high] = range.map((share) => Math.min(1, Math.max(0, now.share(old.value(share)))));
      ranges.set(name, [low, high]);
    }
  }

  /** The rows within all ranges. */
  function selected() {
    const wanted = columns.filter(({ column }) => ranges.has(column.name));
    /** @type {number[]} */
    const found = [];
    for (let row = 0; row < current.ids.length; row += 1) {
      if (wanted.every(({ column, shares }) => isWithin(shares[row], /** @type {any} */ (ranges.get(column.name))))) found.push(row);
    }
    return found;
  }

  /** Name the chosen trials. */
  function tell() {
    const rows = selected();
    const values = columns.filter(({ column }) => column.role === "value");
    const params = columns.filter(({ column }) => column.role === "param").slice(0, 8);
    const first = values[0];
    const sign = first?.column.maximize === false ? 1 : -1;
    const best = [...rows].sort((a, b) => sign * ((first?.column.values[a] ?? 0) - (first?.column.values[b] ?? 0))).slice(0, ROWS);
    words.textContent = `${rows.length} of ${current.ids.length} trials are within the ranges${rows.length > ROWS ? `; the best ${ROWS} of them:` : "."}`;
    redraw(chosen, best.length > 0 && table("Chosen trials", ["trial", ...[...values, ...params].map(({ column }) => ({ name: column.name, number: !column.categories }))],
      best.map((row) => [el("a", { href: address(context.route.name, "trial", current.ids[row]) }, String(current.ids[row])),
        ...[...values, ...params].map((each) => (each.column.categories ? each.scale.text(each.column.values[row]) : number(each.column.values[row])))])));
  }

  return {
    root,
    /** @param {any} next */
    update(next) {
      current = next;
      const before = columns;
      columns = prepared(next);
      keepRanges(before);
      ground = null;
      size();
      picture.request();
      tell();
    },
    destroy: () => picture.destroy(),
  };
}

/** @param {number | null} share @param {[number, number]} range */
function isWithin(share, range) {
  return share !== null && share >= range[0] - 1e-9 && share <= range[1] + 1e-9;
}

/** The columns with their scales, and the share of each value. @param {any} doc */
function prepared(doc) {
  return doc.columns.map((/** @type {any} */ column) => {
    const found = scale(column);
    return { column, scale: found, shares: column.values.map(found.share) };
  });
}
