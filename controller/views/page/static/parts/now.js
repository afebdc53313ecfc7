// @ts-check
// What happens now: running trials with their curves, and the nodes with their slots.

import { el, section, table } from "../dom.js";
import { clock, counted, number } from "../format.js";
import { state, trial } from "./facts.js";
import { spark } from "./spark.js";
import { elapsed } from "./ticking.js";

/** Trials on nodes. @param {any} doc @param {string} name @param {boolean} goesOn whether a controller runs @param {number} now the server's time */
export function running(doc, name, goesOn, now) {
  if (!doc.trials.length) return null;
  const rows = doc.trials.map((/** @type {any} */ each) => [
    trial(name, each.id),
    state(each.state),
    each.node,
    elapsed(each.seconds, goesOn, now - doc.at),
    each.waits_for ? `waits for ${each.waits_for}` : number(each.last ?? each.curve.values.at(-1)),
    each.waits_for ? "" : spark(each.curve.values, { steps: each.curve.steps, label: `Trial ${each.id}` }),
    each.parents.map((/** @type {number} */ id, /** @type {number} */ at) => [at ? ", " : "", trial(name, id)]),
    number(each.parent_value),
  ]);
  const columns = [
    { name: "trial", number: true }, "state", "node", { name: "for", number: true },
    "last value, or what it waits for", "reported", "from", { name: "which had", number: true }];
  return section("On nodes now", el("p", { class: "soft" }, counts(doc.trials).join(", ")), table("Trials on nodes now", columns, rows),
    doc.more ? el("p", null, `and ${counted(doc.more, "trial")} more`) : null);
}

/** Nodes and slots. @param {any} doc @param {string} name */
export function nodes(doc, name) {
  if (!doc.nodes.length) return null;
  const rows = doc.nodes.map((/** @type {any} */ each) => [
    each.name,
    each.state,
    `${each.busy} of ${each.slots}`,
    each.gpus ? String(each.gpus) : "",
    onNode(each.trials, name),
    clock(each.seen_at),
    each.reason ?? (each.prepared_by ? `is being prepared by attempt ${each.prepared_by}` : ""),
  ]);
  const columns = ["node", "state", { name: "slots taken", number: true }, { name: "GPUs", number: true }, { name: "trials", class: "wrap" }, "seen", { name: "", class: "wrap" }];
  return section("Nodes", table("Nodes", columns, rows));
}

/** The trials that run on a node, and how many wait there. @param {any[]} found @param {string} name */
function onNode(found, name) {
  const running = found.filter((each) => !each.waits_for);
  const waiting = counts(found.filter((each) => each.waits_for));
  const links = running.map((each, at) => [at ? ", " : "", trial(name, each.id)]);
  return [links, links.length && waiting.length ? "; " : "", waiting.join(", ")];
}

/** How many are running, and how many wait for what. @param {any[]} found */
function counts(found) {
  const counted = new Map();
  for (const each of found) {
    const what = each.waits_for ? `waiting for ${each.waits_for.replace(/^trials? .*/, "a parent")}` : each.state;
    counted.set(what, (counted.get(what) ?? 0) + 1);
  }
  return [...counted].map(([what, count]) => `${count} ${what}`);
}
