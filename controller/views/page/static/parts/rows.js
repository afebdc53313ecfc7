// @ts-check
// A table of which only the rows in sight are in the document, so that its length costs nothing.

import { el } from "../dom.js";

const SPARE = 20; // rows above and below those in sight
const WIDEST = 44; // characters of a column

/**
 * @typedef {object} Head
 * @property {string} name
 * @property {boolean} number whether the column holds numbers
 * @property {number} width of the longest cell, in characters
 * @property {"ascending" | "descending" | null} sort
 */

/**
 * A table that shows rows by their number.
 * @param {string} label
 * @param {(row: number) => any[]} cells what a row holds, as text or elements; the first is its heading
 * @param {(column: string) => void} onSort
 */
export function rows(label, cells, onSort) {
  const head = el("tr", { "aria-rowindex": 1 });
  const body = el("tbody");
  const [above, below] = [el("tbody", { "aria-hidden": "true" }), el("tbody", { "aria-hidden": "true" })];
  const tableElement = el("table", { class: "rows" }, el("thead", null, head), above, body, below);
  const root = el("div", { class: "scroll window", tabindex: 0, role: "region", "aria-label": label }, tableElement);
  /** @type {number[]} */
  let order = [];
  /** @type {Head[]} */
  let heads = [];
  let height = 30; // pixels of a row, measured when one is there
  let drawn = "";

  function draw() {
    const top = Math.min(root.scrollTop, Math.max(0, order.length * height - root.clientHeight));
    const first = Math.max(0, Math.floor(top / height) - SPARE);
    const last = Math.min(order.length, Math.ceil((top + root.clientHeight) / height) + SPARE);
    if (drawn === `${first} ${last}`) return;
    drawn = `${first} ${last}`;
    const focused = body.contains(document.activeElement) ? document.activeElement?.getAttribute("href") : null;
    body.replaceChildren(...order.slice(first, last).map((row, at) => el("tr", { "aria-rowindex": first + at + 2 },
      cells(row).map((cell, column) => el(column ? "td" : "th", { scope: column ? null : "row", class: heads[column]?.number ? "number" : null }, cell)))));
    space(above, first);
    space(below, order.length - last);
    if (focused) body.querySelector(`[href="${CSS.escape(focused)}"]`)?.focus({ preventScroll: true });
    const real = body.rows[0]?.getBoundingClientRect().height;
    if (real && Math.abs(real - height) > 0.5) {
      height = real;
      drawn = "";
      draw();
    }
  }

  /** @param {any} part @param {number} count */
  function space(part, count) {
    part.replaceChildren();
    if (count <= 0) return;
    const cell = el("td", { colspan: heads.length, class: "space" });
    cell.style.height = `${count * height}px`;
    part.append(el("tr", null, cell));
  }

  root.addEventListener("scroll", draw, { passive: true });
  const observer = new ResizeObserver(draw);
  observer.observe(root);

  return {
    root,
    /** Show these rows in this order, under these headings. @param {number[]} next @param {Head[]} columns */
    show(next, columns) {
      order = next;
      heads = columns;
      drawn = "";
      tableElement.setAttribute("aria-rowcount", String(order.length + 1));
      const focused = head.contains(document.activeElement) ? document.activeElement?.textContent : null;
      head.replaceChildren(...columns.map((column) => {
        const button = el("button", { type: "button", onclick: () => onSort(column.name) }, column.name);
        const cell = el("th", { scope: "col", class: column.number ? "number" : null, "aria-sort": column.sort }, button);
        cell.style.minWidth = `${Math.min(WIDEST, Math.max(column.name.length + 2, column.width)) + 2}ch`;
        if (column.name === focused) queueMicrotask(() => button.focus());
        return cell;
      }));
      draw();
    },
    destroy() {
      observer.disconnect();
    },
  };
}
