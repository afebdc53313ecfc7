// @ts-check
// Everything about one trial.

import { el, redraw, section, table } from "../dom.js";
import { bytes, clock, duration, number, text } from "../format.js";
import { panels, params, state, trial, trials } from "../parts/facts.js";
import { log } from "../parts/log.js";
import { spark } from "../parts/spark.js";
import { actions, copyable } from "../parts/steering.js";
import { address } from "../router.js";
import { candidate } from "./understanding/network.js";

/** @type {any} */
let parts = null;

export default {
  /** @param {any} route */
  title: (route) => `Trial ${route.id}`,
  /** @param {any} route */
  documents: ({ name, id }) => ["summary", `trial/${id}`].map((each) => `${encodeURIComponent(name)}/${each}`),

  /** @param {HTMLElement} root @param {any[]} documents @param {any} context */
  render(root, documents, context) {
    const [, doc] = documents;
    parts = { facts: el("div"), log: null, network: candidate(context, doc.id) };
    root.append(parts.facts, parts.network.root);
    this.update(root, documents, context);
  },

  /** @param {HTMLElement} root @param {any[]} documents @param {any} context */
  update(root, [summary, doc], context) {
    redraw(parts.facts, facts(doc, context, summary.trials));
    parts.network.update();
    const attempts = (doc.attempts ?? []).map((/** @type {any} */ each) => Number(String(each.attempt).split(".").at(-1)));
    if (parts.log) parts.log.update(attempts);
    else if (context.source.live && attempts.length) {
      parts.log = log(context, { id: doc.id, attempts, isRunning: !doc.is_verdict });
      root.append(section("Log", parts.log.root));
    }
  },

  destroy() {
    parts?.log?.destroy();
    parts?.network.destroy();
    parts = null;
  },
};

/** @param {any} doc @param {any} context @param {number} count of the trials */
function facts(doc, context, count) {
  const { name } = context.route;
  const neighbours = [doc.id > 0 && el("a", { href: address(name, "trial", doc.id - 1), "data-key": "previous" }, `← trial ${doc.id - 1}`), " ",
    el("a", { href: address(name, "lineage", null, { focus: String(doc.id) }), "data-key": "lineage" }, "in the lineage"), " ",
    doc.id + 1 < count && el("a", { href: address(name, "trial", doc.id + 1), "data-key": "next" }, `trial ${doc.id + 1} →`)];
  return [
    el("h1", null, `Trial ${doc.id} `, el("small", { class: "tag" }, state(doc.state))),
    el("p", { class: "soft" }, neighbours),
    doc.isRow ? el("p", { class: "note" }, "This file holds no more of this trial than its row in the table. The live page shows all of it.") : null,
    doc.why && doc.why !== "committed" && el("pre", { tabindex: 0, "aria-label": "Reason", "data-key": "reason" }, doc.why),
    panels([
      ["Value", doc.shown || "none", [doc.is_best ? "the best" : "", doc.front ? "on the front" : "", doc.candidate === false ? "it counts for no best" : ""].filter(Boolean)],
      ["Starts from", (doc.restored ?? []).length ? trials(name, doc.restored) : doc.imported ? `${doc.imported.experiment}/${doc.imported.trial}` : "nothing",
        [share(doc.inherited), doc.retry_of !== null && doc.retry_of !== undefined ? ["retry of ", trial(name, doc.retry_of)] : ""].filter(Boolean)],
      ["Ran", duration(doc.seconds?.running ?? took(doc)) || "not yet", [doc.node ? `on ${doc.node}` : "", usage(doc)].filter(Boolean)],
      ...(doc.isRow ? [] : [["Weights", doc.weights ? bytes(doc.size) || "kept" : doc.removed ? "removed" : "none", [doc.damaged ? el("span", { class: "failed" }, `damaged: ${text(doc.damaged)}`) : "", doc.shared ? `${bytes(doc.shared)} of it stored once with an ancestor` : ""]]]),
    ]),
    section("Params", changes(doc, name), params(doc.params)),
    curves(doc),
    attempts(doc),
    times(doc),
    children(doc, name),
    inherited(doc),
    manifest(doc, name),
    doc.result !== null && doc.result !== undefined ? section("Result", el("pre", { tabindex: 0, "data-key": "result" }, JSON.stringify(doc.result, null, 2))) : null,
    section("Actions", actions(context, steering(doc)), commands(doc)),
  ];
}

/** @param {any} inherited what `heirloom.torch.inherit` reported, or a share alone */
function share(inherited) {
  const found = typeof inherited === "number" ? inherited : inherited?.share;
  return typeof found === "number" && found >= 0 && found <= 1 ? `${(100 * found).toFixed(1)} % of the numbers inherited` : "";
}

/** @param {any} doc */
function took(doc) {
  return typeof doc.started_at === "number" && typeof doc.ended_at === "number" ? doc.ended_at - doc.started_at : null;
}

/** @param {any} doc */
function usage(doc) {
  const cpu = typeof doc.cpu_seconds === "number" ? `${duration(doc.cpu_seconds)} of processors` : "";
  const gpu = doc.gpu_seconds > 0 ? `${duration(doc.gpu_seconds)} of GPUs` : "";
  const lost = doc.lost_seconds > 0 ? `${duration(doc.lost_seconds)} in attempts that committed nothing` : "";
  const memory = typeof doc.peak_memory === "number" ? `${bytes(doc.peak_memory)} of memory` : "";
  const before = doc.inherited_seconds > 0 ? `${duration(doc.inherited_seconds)} of training inherited` : "";
  return [cpu, gpu, lost, memory, before].filter(Boolean).join(", ");
}

/** What changed from each parent. @param {any} doc @param {string} name */
function changes(doc, name) {
  return (doc.diff ?? []).map((/** @type {any} */ each) => el("p", { class: "changes" }, "From trial ", trial(name, each.parent), ": ",
    each.changes.length ? each.changes.map((/** @type {any} */ [param, before, after], /** @type {number} */ at) => [
      at ? ", " : "", `${param} `, before === null ? "" : [el("del", null, text(before)), " "], `→ ${text(after) || "none"}`]) : "no parameter changed"));
}

/** What it reported, by name. @param {any} doc */
function curves(doc) {
  const found = Object.entries(doc.curves ?? {}).filter(([, curve]) => curve?.values?.length);
  const latest = Object.entries(doc.metrics ?? {}).filter(([metric]) => !found.some(([each]) => each === metric));
  if (!found.length && !latest.length) return null;
  const rows = found.map(([metric, curve]) => {
    const known = curve.values.filter((/** @type {any} */ value) => typeof value === "number");
    return [metric, number(known.at(-1)), number(extreme(known, Math.min)), number(extreme(known, Math.max)), String(curve.values.length), spark(curve.values, { steps: curve.steps, width: 240, label: metric })];
  });
  rows.push(...latest.map(([metric, value]) => [metric, number(value), "", "", "", ""]));
  return section("Reported", table("Reported", ["name", ...["last", "lowest", "highest", "reports"].map((name) => ({ name, number: true })), "curve"], rows));
}

/** @param {number[]} numbers @param {(one: number, other: number) => number} choose */
function extreme(numbers, choose) {
  return numbers.length ? numbers.reduce((one, other) => choose(one, other)) : null;
}

/** @param {any} doc */
function attempts(doc) {
  if (!(doc.attempts ?? []).length) return null;
  const rows = doc.attempts.map((/** @type {any} */ each) => [
    each.attempt, state(each.outcome ?? each.state), each.node, clock(each.placed_at), clock(each.started_at), clock(each.ended_at),
    each.continued ? `${each.continued.attempt} from step ${each.continued.step}` : "", each.reason ?? ""]);
  return section("Attempts", table("Attempts", ["attempt", "state", "node", "placed", "started", "ended", "continues", { name: "reason", class: "wrap" }], rows));
}

/** @param {any} doc */
function times(doc) {
  const found = Object.entries(doc.seconds ?? {});
  if (!found.length) return null;
  return section("Time", table("Time", ["activity", { name: "seconds", number: true }], found.map(([activity, seconds]) => [activity, number(seconds)])));
}

/** @param {any} doc @param {string} name */
function children(doc, name) {
  const found = doc.children ?? [];
  return found.length ? section("Children", el("p", null, trials(name, found.slice(0, 100), found.length - 100))) : null;
}

/** Tensors by how much of them was inherited. @param {any} doc */
function inherited(doc) {
  const found = doc.inherited;
  const sorts = ["whole", "partly", "new"].filter((sort) => found?.[sort] || found?.names?.[sort]?.length);
  if (!sorts.length) return null;
  return section("Inherited tensors", el("p", null, share(found)), sorts.map((sort) => {
    const names = found.names?.[sort] ?? [];
    return el("details", { "data-key": `tensors ${sort}` }, el("summary", null, `${found[sort] ?? names.length} ${sort}`), el("pre", { tabindex: 0 }, names.join("\n")));
  }));
}

/** The files of the trial's weights. @param {any} doc @param {string} name */
function manifest(doc, name) {
  const files = doc.manifest?.files ?? [];
  if (!files.length && !doc.weights) return null;
  const rows = files.map((/** @type {any} */ each) => [each.path, bytes(each.size), each.digest, each.origin === null ? "" : ["with ", trial(name, each.origin, `trial ${each.origin}`)]]);
  return section("Manifest", doc.weights && el("p", null, copyable(doc.weights, "The weights are in")), doc.problem ? el("p", { class: "note trouble" }, doc.problem) : null,
    rows.length ? table("Files", ["file", { name: "size", number: true }, { name: "digest", class: "digest" }, "stored once"], rows) : null,
    doc.manifest?.left_out ? el("p", null, `${doc.manifest.left_out} more files are left out.`) : null);
}

/** What can be asked of the trial. @param {any} doc @returns {any[]} */
function steering(doc) {
  const questions = {
    cancel: ["Cancel the trial", "Its attempts are ended. Children that need its weights get what on_parent_failure says."],
    retry: ["Retry the trial", "A new trial runs with the same params and parents."],
  };
  return Object.entries(questions).filter(([request]) => doc.commands?.[request]).map(([request, [label, question]]) => (
    { request, label, question, body: { trials: [doc.id] }, command: doc.commands[request] }));
}

/** Commands that only look. @param {any} doc */
function commands(doc) {
  const found = Object.entries(doc.commands ?? {}).filter(([name]) => !["cancel", "retry"].includes(name));
  return el("ul", { class: "actions", "aria-label": "Commands" }, found.map(([, line]) => el("li", null, copyable(line))));
}
