// @ts-check
// The controls of the lineage: layout, colours, zoom.

import { el } from "../../dom.js";

const ROWS = [
  ["up", "Height", [["family", "family"], ["value", "value"]]],
  ["across", "Across", [["trial", "trial"], ["generation", "generation"]]],
  ["by", "Colour", [["value", "value"], ["state", "state"]]],
];

/**
 * @param {Record<string, string>} look the choices that hold
 * @param {(changes: Record<string, string>) => void} change
 * @param {{zoom: (factor: number) => void, fit: () => void}} stage
 */
export function choices(look, change, stage) {
  return el("div", { class: "controls", role: "group", "aria-label": "The picture" },
    ROWS.map(([key, label, options]) => el("label", null, label, " ",
      el("select", { onchange: (/** @type {any} */ event) => change({ [String(key)]: event.target.value }) },
        /** @type {string[][]} */ (options).map(([value, words]) => el("option", { value, selected: look[String(key)] === value }, words))))),
    el("button", { type: "button", onclick: () => stage.zoom(1.4), "aria-label": "Zoom in" }, "+"),
    el("button", { type: "button", onclick: () => stage.zoom(1 / 1.4), "aria-label": "Zoom out" }, "−"),
    el("button", { type: "button", onclick: () => stage.fit() }, "Show all"));
}
