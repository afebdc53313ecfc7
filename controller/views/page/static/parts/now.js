// @ts-check
// What happens now: running trials with their curves, and the nodes with their slots.

import { section, table } from "../dom.js";
import { bytes, clock, duration, number } from "../format.js";
import { state, trial } from "./facts.js";
import { spark } from "./spark.js";

/** Trials on nodes. @param {any} doc @param {string} name */
export function running(doc, name) {
  const found = doc?.trials ?? [];
  if (!found.length) return null;
  const rows = found.map((/** @type {any} */ each) => [
    trial(name, each.id),
    state(each.state ?? "running"),
    each.node ?? "",
    duration(each.seconds),
    each.waits_for ? `waits for ${each.waits_for}` : number(each.last),
    each.waits_for ? "" : spark(each.curve?.values ?? [], { steps: each.curve?.steps, label: `Trial ${each.id}` }),
  ]);
  const columns = [{ name: "trial", number: true }, "state", "node", { name: "for", number: true }, "last value, or what it waits for", "reported"];
  return section("On nodes now", waits(doc), table("Trials on nodes now", columns, rows));
}

/** @param {any} doc */
function waits(doc) {
  const found = doc.waits ?? [];
  return found.length ? `The search waits for ${found.join(", ")}.` : null;
}

/** Nodes and slots. @param {any} doc @param {string} name */
export function nodes(doc, name) {
  const found = doc?.nodes ?? [];
  if (!found.length) return null;
  const rows = found.map((/** @type {any} */ each) => [
    each.name,
    each.state ?? (each.down ? "no answer" : "up"),
    `${each.busy ?? (each.trials ?? []).length} of ${each.slots}`,
    (each.trials ?? []).map((/** @type {any} */ one, /** @type {number} */ at) => [at ? ", " : "", trial(name, one.id ?? one)]),
    bytes(each.free),
    clock(each.seen_at),
    each.reason ?? "",
  ]);
  const columns = ["node", "state", { name: "slots taken", number: true }, "trials", { name: "free on the store", number: true }, "seen", "why"];
  return section("Nodes", table("Nodes", columns, rows));
}
