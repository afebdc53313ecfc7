// @ts-check
// The focused trial and its relatives, as a list.

import { el, section } from "../../dom.js";
import { counted, number } from "../../format.js";
import { address } from "../../router.js";
import { reach } from "./scene.js";
import { bestOf } from "./walk.js";

const LISTED = 30; // of each sort

/**
 * @param {any} scene @param {number | null} trial
 * @param {{go: (trial: number) => void, name: string, close: () => void}} on
 */
export function relatives(scene, trial, on) {
  if (trial === null) return el("p", { class: "soft" }, "Choose a trial to see its ancestors and descendants.");
  const at = scene.index.get(trial);
  if (at === undefined) return el("p", { class: "note" }, `Trial ${trial} is not in the picture.`);
  const ancestors = [...reach(at, scene.parents)];
  const descendants = [...reach(at, (from) => scene.children[from])];
  const best = bestOf(scene, descendants);
  const { value, state } = scene.doc.trials;
  return section(`Trial ${trial}`,
    el("p", null, scene.doc.states[state[at]], value[at] === null ? "" : `, ${scene.doc.objective.name} ${number(value[at])}`, ". ",
      el("a", { href: address(on.name, "trial", trial), "data-key": "open" }, `Open trial ${trial}`), " ",
      el("button", { type: "button", "data-key": "close", onclick: on.close }, "Let go")),
    row("Parents", scene.parents(at)),
    row(`Ancestors (${ancestors.length})`, ancestors.sort((a, b) => b - a)),
    row(`Children (${scene.children[at].length})`, scene.children[at]),
    descendants.length > 0 && el("p", null, `${counted(descendants.length, "descendant")}; the best of them: `, link(best)));

  /** @param {string} label @param {number[]} among */
  function row(label, among) {
    const more = among.length - LISTED;
    return el("p", null, `${label}: `, among.length ? among.slice(0, LISTED).map((each, place) => [place > 0 && " ", link(each)]) : "none",
      more > 0 && ` and ${more} more`);
  }

  /** @param {number} each */
  function link(each) {
    const id = scene.ids[each];
    const known = value[each] === null ? scene.doc.states[state[each]] : number(value[each]);
    return el("button", { type: "button", class: "link", "data-key": `to ${id}`, onclick: () => on.go(id) }, `${id} (${known})`);
  }
}
