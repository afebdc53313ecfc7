// @ts-check
// Durations that go on.

import { el } from "../dom.js";
import { duration } from "../format.js";

let timer = 0;

/**
 * A duration; where it goes on, it is counted from now on.
 * @param {number | null} seconds until the document was made @param {boolean} goesOn
 * @param {number} [age] seconds since then
 */
export function elapsed(seconds, goesOn, age = 0) {
  if (!goesOn || typeof seconds !== "number") return duration(seconds);
  timer ||= window.setInterval(count, 1000);
  const now = seconds + Math.max(0, age);
  return el("span", { "data-began": Date.now() - 1000 * now }, duration(Math.floor(now)));
}

function count() {
  if (document.hidden) return;
  for (const element of /** @type {NodeListOf<HTMLElement>} */ (document.querySelectorAll("[data-began]"))) {
    const words = duration(Math.floor((Date.now() - Number(element.dataset.began)) / 1000));
    if (element.textContent !== words) element.textContent = words;
  }
}
