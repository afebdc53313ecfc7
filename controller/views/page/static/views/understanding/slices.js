// @ts-check
// Slices: for each param, every result by the value of that param.

import { el, redraw } from "../../dom.js";
import { number } from "../../format.js";
import { drawing } from "./canvas.js";
import { frame } from "./frame.js";
import { scale } from "./scale.js";

const NEAR = 14; // pixels

/** @param {any} doc @param {any} context @param {(trial: number) => void} open */
export function slices(doc, context, open) {
  const { colour } = context.theme;
  let current = doc;
  let which = values(doc)[0]?.name ?? "";
  /** @type {any[]} */
  let pictures = [];
  const charts = el("div", { class: "charts" });
  const words = el("p", { class: "soft", role: "status" });
  const control = el("div", { class: "controls" });
  const root = el("div", null, control, words, charts);
  fill();

  function fill() {
    for (const each of pictures) each.destroy();
    const names = values(current).map((column) => column.name);
    if (!names.includes(which)) which = names[0] ?? "";
    redraw(control, names.length > 1 && el("label", null, "Value ", el("select", { "data-key": "value", onchange: (/** @type {any} */ event) => { which = event.target.value; fill(); } },
      names.map((name) => el("option", { value: name, selected: name === which }, name)))));
    words.textContent = "The newer a trial, the less transparent its mark. A click opens the nearest one.";
    const of = current.columns.find((/** @type {any} */ column) => column.name === which && column.role === "value");
    pictures = of ? current.columns.filter((/** @type {any} */ column) => column.role !== "value").map((/** @type {any} */ column) => slice(column, of)) : [];
    charts.replaceChildren(...pictures.map((each) => el("figure", null, each.root)));
  }

  /** @param {any} column @param {any} of */
  function slice(column, of) {
    const [across, up] = [scale(column), scale(of)];
    /** @type {any} */
    let places = null;
    const made = drawing(`${of.name} by ${column.name}, of ${current.ids.length} trials`, (pen, size) => {
      places = frame(pen, size, across, up, colour);
      pen.fillStyle = colour("accent");
      const count = current.ids.length;
      for (let row = 0; row < count; row += 1) {
        const place = at(row);
        if (!place) continue;
        pen.globalAlpha = 0.25 + (0.65 * row) / count;
        pen.fillRect(place.x - 2, place.y - 2, 4, 4);
      }
      pen.globalAlpha = 1;
    });
    made.canvas.addEventListener("pointermove", (/** @type {PointerEvent} */ event) => {
      const row = nearest(event);
      made.canvas.classList.toggle("over", row >= 0);
      if (row >= 0) words.textContent = `Trial ${current.ids[row]}: ${column.name} ${across.text(column.values[row])}, ${of.name} ${number(of.values[row])}`;
    });
    made.canvas.addEventListener("click", (/** @type {MouseEvent} */ event) => {
      const row = nearest(event);
      if (row >= 0) open(current.ids[row]);
    });
    return made;

    /** @param {number} row */
    function at(row) {
      const [x, y] = [across.share(column.values[row]), up.share(of.values[row])];
      if (x === null || y === null || !places) return null;
      const shift = across.isCategorical ? spread(row) * 0.05 * places.box.width / Math.max(1, column.categories.length / 4) : 0;
      return { x: places.x(x) + shift, y: places.y(y) };
    }

    /** @param {{offsetX: number, offsetY: number}} event */
    function nearest(event) {
      let found = -1;
      let least = NEAR ** 2;
      for (let row = 0; row < current.ids.length; row += 1) {
        const place = at(row);
        if (!place) continue;
        const distance = (place.x - event.offsetX) ** 2 + (place.y - event.offsetY) ** 2;
        if (distance < least) { least = distance; found = row; }
      }
      return found;
    }
  }

  return {
    root,
    /** @param {any} next */
    update(next) { current = next; fill(); },
    destroy() { for (const each of pictures) each.destroy(); },
  };
}

/** The columns of objectives. @param {any} doc */
export function values(doc) {
  return /** @type {any[]} */ (doc.columns.filter((/** @type {any} */ column) => column.role === "value"));
}

/** From -1 to 1, always the same for a row, so that marks of one category lie apart. @param {number} row */
function spread(row) {
  return ((row * 0.618034) % 1) * 2 - 1;
}
