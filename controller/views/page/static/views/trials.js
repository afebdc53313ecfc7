// @ts-check
// The table of trials.

import { table } from "../dom.js";
import { text } from "../format.js";

export default {
  title: "Trials",
  inMenu: true,
  /** @param {any} route */
  documents: ({ name }) => [`${encodeURIComponent(name)}/trials`],
  /** @param {HTMLElement} root @param {any[]} documents */
  render(root, [doc]) {
    const { columns } = doc;
    const rows = columns[0].values.map((/** @type {any} */ _, /** @type {number} */ row) => columns.map((/** @type {any} */ column) => text(column.values[row])));
    root.append(table("Trials", columns.map((/** @type {any} */ column) => column.name), rows));
  },
};
