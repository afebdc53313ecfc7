// @ts-check
// Parts that several views show: states, facts, params, links to trials.

import { el } from "../dom.js";
import { text } from "../format.js";
import { address } from "../router.js";

const LONG = 200; // characters of a param that may be scrolled, by keyboard too

/** A state with its mark, told apart by shape as well as by colour. @param {string} name */
export function state(name) {
  return el("span", { class: `state ${name.replace(/\W/g, "-")}` }, name);
}

/**
 * Facts as panels: the name, the main one large, and further lines.
 * @param {[string, any, any?][]} facts
 */
export function panels(facts) {
  return el("dl", { class: "facts" }, facts.map(([name, main, more = []]) => el("div", null,
    el("dt", null, name), el("dd", null, el("strong", null, main)), [more].flat().filter(Boolean).map((line) => el("dd", null, line)))));
}

/** Names and values. @param {Record<string, any>} values */
export function params(values) {
  const pairs = Object.entries(values ?? {});
  if (!pairs.length) return el("p", { class: "soft" }, "none");
  return el("dl", { class: "params" }, pairs.map(([name, value]) =>
    el("div", null, el("dt", null, name), el("dd", text(value).length > LONG ? { tabindex: 0 } : null, text(value) || JSON.stringify(value)))));
}

/** A link to a trial. @param {string} name of the experiment @param {number} id @param {any} [words] */
export function trial(name, id, words = String(id)) {
  return el("a", { href: address(name, "trial", id), "data-key": `trial ${id}` }, words);
}

/** Links to trials, with commas. @param {string} name @param {number[]} ids @param {number} [more] */
export function trials(name, ids, more = 0) {
  const links = ids.flatMap((id, at) => (at ? [", ", trial(name, id)] : [trial(name, id)]));
  return more > 0 ? [links, ` and ${more} more`] : links;
}

/** A share as a bar. @param {number} part from 0 to 1 @param {string} label */
export function bar(part, label) {
  return el("progress", { value: Math.min(1, Math.max(0, part)) || 0, max: 1, "aria-label": label });
}

/** Sentences about the experiment. @param {string[]} notes @param {string} [kind] of their look */
export function notes(notes, kind = "") {
  return notes.map((words) => el("p", { class: `note ${kind}`.trim() }, words));
}
