// @ts-check
// The table of trials: filter, sort, choose columns, download. The address holds what was chosen.

import { el, redraw } from "../dom.js";
import { duration, text } from "../format.js";
import { state, trial } from "../parts/facts.js";
import { csv, sorted, test } from "../parts/filter.js";
import { rows } from "../parts/rows.js";
import { address } from "../router.js";

/** @typedef {import("../parts/filter.js").Column} Column */

const FIRST = 10; // params with a column at first
const SAMPLE = 500; // cells by which the width of a column is chosen

/** @type {any} */
let shown = null;

export default {
  title: "Trials",
  inMenu: true,
  /** @param {any} route */
  documents: ({ name }) => [`${encodeURIComponent(name)}/trials`],
  /** @param {HTMLElement} root @param {any[]} documents @param {any} context */
  render(root, [doc], context) {
    shown = new Trials(root, context);
    shown.load(doc);
  },
  /** @param {HTMLElement} _ @param {any[]} documents */
  update(_, [doc]) {
    shown.load(doc);
  },
  destroy() {
    shown?.table.destroy();
    shown = null;
  },
};

class Trials {
  /** @param {HTMLElement} root @param {any} context */
  constructor(root, context) {
    const { query } = context.route;
    this.context = context;
    this.filter = query.get("filter") ?? "";
    this.sort = query.get("sort") ?? "";
    /** @type {string[] | null} */
    this.names = query.get("columns")?.split(",").map(decode) ?? null;
    /** @type {Column[]} */
    this.columns = [];
    /** @type {number[]} */
    this.order = [];
    this.input = el("input", { type: "search", id: "filter", value: this.filter, placeholder: "failed  relu  value>0.9  node:gpu1", autocomplete: "off", spellcheck: "false" });
    this.input.addEventListener("input", () => { this.filter = this.input.value; this.show(); });
    this.count = el("output", { for: "filter" });
    this.chooser = el("div", { class: "choices" });
    this.note = el("p", { class: "soft" });
    this.table = rows("Trials", (row) => this.cells(row), (name) => this.sortBy(name));
    root.append(
      el("h1", null, "Trials"),
      el("p", { class: "controls" },
        el("label", null, "Show rows with ", this.input), " ", this.count, " ",
        el("button", { type: "button", onclick: () => this.download() }, "Download CSV")),
      el("details", { class: "columns" }, el("summary", null, "Columns"), this.chooser),
      this.note, this.table.root);
  }

  /** @param {any} doc */
  load(doc) {
    this.columns = doc.columns;
    this.objectives = doc.objectives ?? {};
    const notes = [];
    if (doc.left_out) notes.push(`${doc.left_out} of ${doc.total} trials have no row here: those that are neither among the best nor among the latest.`);
    if (doc.truncated) notes.push(`Text of more than ${doc.truncated} characters is truncated, in the CSV too.`);
    if (notes.length) notes.push(`The whole table: heirloom trials ${this.context.route.name} --csv`);
    this.note.textContent = notes.join(" ");
    this.showChooser();
    this.show();
  }

  /** The columns that are shown. */
  chosen() {
    const names = this.names ?? this.defaults();
    const found = names.map((name) => this.columns.find((column) => column.name === name));
    return /** @type {Column[]} */ (found.filter(Boolean));
  }

  defaults() {
    const hasFront = Object.keys(this.objectives).length > 1;
    const first = ["id", "state"];
    const values = this.columns.filter((column) => column.kind === "values").map((column) => column.name);
    const others = [...(hasFront ? ["front"] : []), "restored", "node", "attempts", "time"];
    const params = this.columns.filter((column) => column.kind === "params").slice(0, FIRST).map((column) => column.name);
    return [...first, ...(values.length ? values : ["value"]), ...others, ...params];
  }

  /** @param {string} name */
  sortBy(name) {
    const [wasSorted, wasDescending] = [this.sort.replace(/^-/, "") === name, this.sort.startsWith("-")];
    const objective = this.objectives[name.replace(/^values\./, "")];
    const descending = wasSorted ? !wasDescending : objective === "maximize"; // the best first
    this.sort = `${descending ? "-" : ""}${name}`;
    this.show();
  }

  /** Show the rows that the filter names, in the order that was chosen. */
  show() {
    const matches = test(this.filter, this.columns);
    const all = this.columns[0]?.values.length ?? 0;
    let order = Array.from({ length: all }, (_, row) => row).filter(matches);
    const [by, descending] = [this.sort.replace(/^-/, ""), this.sort.startsWith("-")];
    const column = this.columns.find((each) => each.name === by);
    if (column) order = sorted(order, column, descending);
    this.order = order;
    this.visible = this.chosen();
    this.count.textContent = `${order.length} of ${all}`;
    this.table.show(order, this.visible.map((each) => ({
      name: each.name,
      number: isNumeric(each),
      width: width(each),
      sort: each.name !== by ? null : descending ? "descending" : "ascending",
    })));
    this.remember();
  }

  /** Keep the choice in the address, without a step in the browser's history. */
  remember() {
    /** @type {Record<string, string>} */
    const query = {};
    if (this.sort) query.sort = this.sort;
    if (this.filter) query.filter = this.filter;
    if (this.names) query.columns = this.names.map(encode).join(",");
    this.context.go(address(this.context.route.name, "trials", null, query), { replace: true });
  }

  /** @param {number} row */
  cells(row) {
    const { name } = this.context.route;
    return (this.visible ?? []).map((column) => {
      const value = column.values[row];
      if (column.kind !== "built-in") return text(value);
      if (column.name === "id") return trial(name, value);
      if (column.name === "state") return state(value);
      if (column.name === "time") return duration(value);
      if (column.name === "front") return value ? "front" : "";
      if (Array.isArray(value)) return value.map((each, at) => [at ? " " : "", typeof each === "number" ? trial(name, each) : each]);
      return text(value);
    });
  }

  showChooser() {
    const chosen = new Set(this.names ?? this.defaults());
    const toggle = (/** @type {string} */ name) => {
      const names = this.names ?? this.defaults();
      this.names = names.includes(name) ? names.filter((each) => each !== name) : [...names, name];
      this.show();
    };
    redraw(this.chooser, this.columns.map((column) => el("label", null,
      el("input", { type: "checkbox", "data-key": column.name, checked: chosen.has(column.name), onchange: () => toggle(column.name) }), " ", column.name)));
  }

  download() {
    const blob = new Blob([csv(this.visible ?? [], this.order)], { type: "text/csv" });
    const link = el("a", { href: URL.createObjectURL(blob), download: `${this.context.route.name}-trials.csv` });
    document.body.append(link);
    link.click();
    link.remove();
    setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
  }
}

// Only what would end a name: an address stays readable.
const encode = (/** @type {string} */ name) => name.replace(/[%,]/g, encodeURIComponent);
const decode = (/** @type {string} */ name) => name.replace(/%25|%2C/g, decodeURIComponent);

/** @param {Column} column */
function isNumeric(column) {
  return column.values.some((value) => typeof value === "number") && column.values.every((value) => value === null || typeof value === "number");
}

/** The characters of the longest of the first and last cells. @param {Column} column */
function width(column) {
  const { values } = column;
  const some = values.length > 2 * SAMPLE ? [...values.slice(0, SAMPLE), ...values.slice(-SAMPLE)] : values;
  return some.reduce((most, value) => Math.max(most, column.name === "time" ? 10 : text(value).length), 0);
}
