// @ts-check
// Elements. What trials and users wrote becomes text, never markup.

const SVG = "http://www.w3.org/2000/svg";

/**
 * An element. A property that starts with `on` is a listener, `class` and `data-…` are attributes
 * as in HTML, and true, false or null set or leave out an attribute. Children are elements or text.
 * @param {string} tag
 * @param {Record<string, any> | null} [props]
 * @param {...any} children
 * @returns {any}
 */
export function el(tag, props, ...children) {
  return build(document.createElement(tag), props, children);
}

/**
 * The same for an element of SVG.
 * @param {string} tag
 * @param {Record<string, any> | null} [props]
 * @param {...any} children
 * @returns {any}
 */
export function svg(tag, props, ...children) {
  return build(document.createElementNS(SVG, tag), props, children);
}

/** @param {Element} element @param {Record<string, any> | null | undefined} props @param {any[]} children */
function build(element, props, children) {
  for (const [name, value] of Object.entries(props ?? {})) {
    if (value === null || value === undefined || value === false) continue;
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else if (name === "href" && !/^(#|blob:|data:|https?:)/.test(value)) throw new Error(`not a link: ${value}`);
    else element.setAttribute(name, value === true ? "" : String(value));
  }
  append(element, children);
  return element;
}

/** @param {Element} element @param {any[]} children */
function append(element, children) {
  for (const child of children.flat(Infinity)) {
    if (child === null || child === undefined || child === false || child === "") continue;
    element.append(child instanceof Node ? child : String(child));
  }
}

/**
 * Replace what is in an element. The focus, open details and scrolled parts stay: elements that
 * have the same `data-key` before and after are taken for the same.
 * @param {Element} root
 * @param {...any} children
 */
export function redraw(root, ...children) {
  const active = document.activeElement;
  const focused = active && root.contains(active) ? active.getAttribute("data-key") : null;
  const before = new Map();
  for (const element of root.querySelectorAll("[data-key]")) {
    const open = element instanceof HTMLDetailsElement ? element.open : null;
    before.set(element.getAttribute("data-key"), { open, top: element.scrollTop, left: element.scrollLeft });
  }
  root.replaceChildren();
  append(root, children);
  for (const element of root.querySelectorAll("[data-key]")) {
    const key = element.getAttribute("data-key");
    const old = before.get(key);
    if (old?.open !== null && old && element instanceof HTMLDetailsElement) element.open = old.open;
    if (old?.top) element.scrollTop = old.top;
    if (old?.left) element.scrollLeft = old.left;
    if (key === focused && element instanceof HTMLElement) element.focus({ preventScroll: true });
  }
}

/**
 * A table. A column is a heading, or an object with `name`, `number` and `class`.
 * @param {string} label what the table shows, for a screen reader
 * @param {any[]} columns
 * @param {any[][]} rows whose first cells are headings
 */
export function table(label, columns, rows) {
  const head = columns.map((column) => (typeof column === "string" ? { name: column } : column));
  const classes = head.map((column) => [column.number && "number", column.class].filter(Boolean).join(" ") || null);
  return el("div", { class: "scroll", tabindex: 0, role: "region", "aria-label": label, "data-key": `table ${label}` },
    el("table", null,
      el("thead", null, el("tr", null, head.map((column, at) => el("th", { scope: "col", class: classes[at] }, column.name)))),
      el("tbody", null, rows.map((row) => el("tr", null, row.map((cell, at) =>
        at ? el("td", { class: classes[at] }, cell) : el("th", { scope: "row", class: classes[at] }, cell)))))));
}

/**
 * A section with a heading.
 * @param {string} title
 * @param {...any} children
 */
export function section(title, ...children) {
  return el("section", { "aria-label": title }, el("h2", null, title), children);
}
