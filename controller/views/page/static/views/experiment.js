// @ts-check
// An experiment: what it found, what it costs and what went wrong.

import { el, section, table } from "../dom.js";
import { number } from "../format.js";
import { picture } from "../plot.js";
import { address } from "../router.js";

/** @type {any[]} */
let pictures = [];

export default {
  title: "Experiment",
  /** @param {any} route */
  documents: ({ name }) => ["progress", "time", "failures"].map((kind) => `${encodeURIComponent(name)}/${kind}`),
  /** @param {HTMLElement} root @param {any[]} documents @param {any} context */
  render(root, [progress, time, failures], context) {
    const { name } = context.route;
    const go = (/** @type {number} */ trial) => context.go(address(name, "trial", trial));
    root.append(el("h1", null, name));
    if (progress.figure) add(root, progress.figure, { title: "Best so far", words: "Every result.", go });
    if (time.figure) add(root, time.figure, { title: "Durations", go });
    root.append(table("Durations in numbers", ["activity", { name: "total, s", number: true }],
      time.activities.map((/** @type {any} */ row) => [row.activity, number(row.total)])));
    root.append(section("Ended without success", failures.reasons.map((/** @type {any} */ each) => el("pre", null, each.reason))));
  },
  destroy() {
    for (const each of pictures) each.destroy();
    pictures = [];
  },
};

/** @param {HTMLElement} root @param {any} figure @param {any} options */
function add(root, figure, options) {
  const made = picture(figure, options);
  pictures.push(made);
  root.append(made.root);
}
