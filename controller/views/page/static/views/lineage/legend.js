// @ts-check
// What the colours and shapes of the lineage mean.

import { el, svg } from "../../dom.js";
import { number } from "../../format.js";
import { ramp } from "./marks.js";

/** @type {Record<string, string>} */
const SIGNS = { failed: "✕", stopped: "■", skipped: "▽", cancelled: "◇", succeeded: "●" };

/** @param {any} doc @param {{by: string}} look @param {(name: string) => string} colour */
export function legend(doc, look, colour) {
  const present = new Set(doc.trials.state);
  const states = doc.states.filter((/** @type {string} */ _, /** @type {number} */ at) => present.has(at));
  return [
    look.by === "value" && scale(doc, colour),
    el("ul", { class: "keys" },
      states.map((/** @type {string} */ name) => state(name, look.by === "state" || name !== "succeeded" ? colour(name) : "")),
      doc.best !== null && el("li", null, "★ best"),
      doc.imported.length > 0 && el("li", null, "⬡ imported"),
      doc.line.length > 1 && el("li", null, "━ best line")),
  ];
}

/** @param {string} name @param {string} colour */
function state(name, colour) {
  const item = el("li", null, el("span", { "aria-hidden": "true" }, SIGNS[name] ?? "○"), ` ${name}`);
  item.firstChild.style.color = colour;
  return item;
}

/** @param {any} doc @param {(name: string) => string} colour */
function scale(doc, colour) {
  const colours = ramp([0, 1, 2, 3, 4, 5].map((step) => colour(`scale-${step}`)));
  const [low, high] = doc.objective.maximize ? doc.span : [...doc.span].reverse();
  return el("span", { class: "scale" }, number(low),
    svg("svg", { viewBox: `0 0 ${colours.length} 1`, preserveAspectRatio: "none", "aria-hidden": "true" },
      colours.map((fill, at) => svg("rect", { x: at, y: 0, width: 1.05, height: 1, fill }))),
    number(high), ` ${doc.objective.name}`);
}
