// @ts-check
// An experiment: what it found, what runs, what it costs and what went wrong.

import { el, redraw, section, table } from "../dom.js";
import { clock, duration, number } from "../format.js";
import { bar, notes, panels, params, state, trial, trials } from "../parts/facts.js";
import { nodes, running } from "../parts/now.js";
import { actions } from "../parts/steering.js";
import { picture } from "../plot.js";
import { address } from "../router.js";

const KINDS = ["summary", "running", "nodes", "progress", "time", "failures"];

/** @type {Record<string, any>} */
let slots = {};
/** @type {Record<string, any>} */
let pictures = {};
/** @type {any[]} */
let last = [];

export default {
  title: "Experiment",
  /** @param {any} route */
  documents: ({ name }) => KINDS.map((kind) => `${encodeURIComponent(name)}/${kind}`),

  /** @param {HTMLElement} root @param {any[]} documents @param {any} context */
  render(root, documents, context) {
    pictures = {};
    last = [];
    slots = Object.fromEntries(["head", "running", "nodes", "progress", "time", "failures"].map((name) => [name, el("div")]));
    root.append(...Object.values(slots));
    this.update(root, documents, context);
  },

  /** @param {HTMLElement} _ @param {any[]} documents @param {any} context */
  update(_, documents, context) {
    const { name } = context.route;
    const [summary, run, node, progress, time, failures] = documents.map((doc, at) => (doc === last[at] ? undefined : doc));
    last = documents;
    if (summary !== undefined) redraw(slots.head, head(summary, context));
    if (run !== undefined) redraw(slots.running, running(run, name));
    if (node !== undefined) redraw(slots.nodes, nodes(node, name));
    if (progress !== undefined) {
      draw("progress", progress.figure, context, {
        title: "Best so far",
        words: "Every result, and the best until then. Double-click for those out of sight, click one for its trial.",
        switch: "What counts as the cost",
      });
    }
    if (time !== undefined) showTime(time, context);
    if (failures !== undefined) redraw(slots.failures, ended(failures, name));
  },

  destroy() {
    for (const each of Object.values(pictures)) each.destroy();
    pictures = {};
  },
};

/** @param {any} doc @param {any} context */
function head(doc, context) {
  const { name } = context.route;
  const best = doc.best;
  const counts = Object.entries(doc.counts ?? {}).filter(([, count]) => count);
  const total = counts.reduce((sum, [, count]) => sum + Number(count), 0);
  const budget = doc.budget ?? {};
  return [
    el("h1", null, name, " ", el("small", { class: "tag" }, doc.state)),
    doc.description && el("p", null, doc.description),
    panels([
      [`Best value (${doc.objective ?? (doc.objectives ?? []).map((/** @type {any} */ each) => `${each.direction} ${each.name}`).join(", ")})`,
        best ? (best.shown ?? number(best.value)) : "none", best ? ["of trial ", trial(name, best.id), best.note ?? ""].map((each) => each) : []],
      ["Trials", String(total), counts.map(([each, count]) => [`${count} `, state(each)])],
      ["Time", duration(doc.elapsed) || "none", [doc.started_at ? `since ${clock(doc.started_at)}` : "", doc.ended_at ? `until ${clock(doc.ended_at)}` : ""].filter(Boolean)],
      ["Budget", budget.words ?? budget.text ?? "", typeof budget.share === "number" ? [bar(budget.share, "Share of the budget")] : []],
    ]),
    notes(doc.troubles ?? [], "trouble"),
    notes(doc.notes ?? []),
    best && section(`Best trial: ${best.id}`, params(best.params)),
    section("Actions", actions(context, steering(name, doc))),
  ];
}

/** What can be asked of the search. @param {string} name @param {any} doc @returns {any[]} */
function steering(name, doc) {
  const isOver = ["finished", "stopped", "failed"].includes(doc.state);
  return [
    !isOver && {
      request: "stop",
      label: "Stop the search",
      question: "All trials on nodes are ended, and no more are started. Committed trials stay.",
      command: ["heirloom", "stop", name],
    },
    {
      request: "extend",
      label: "Extend the budget",
      question: "The search goes on until the new budget is used up.",
      command: ["heirloom", "resume", name],
      fields: [
        { name: "trials", label: "Trials: more (+50), or in all (200)", value: "+10", option: "--trials" },
        { name: "duration", label: "Time: more (+8h), or in all (24h)", value: "", option: "--duration" },
      ],
    },
  ].filter(Boolean);
}

/** @param {any} doc @param {any} context */
function showTime(doc, context) {
  draw("time", doc.figure, context, {
    title: "Durations",
    words: "How long trials took, by what they were doing. Lookahead: the trial was on its node already, and every slot there was taken. Waiting: a slot was free, and the trial waited for a parent or for its start.",
  });
  const most = Math.max(...doc.activities.map((/** @type {any} */ row) => row.total), 0) || 1;
  const rows = doc.activities.map((/** @type {any} */ row) => [
    row.activity, row.total.toFixed(2), row.median.toFixed(3), row.longest.toFixed(3), bar(row.total / most, `Share of ${row.activity}`)]);
  const numeric = ["total", "median", "longest"].map((name) => ({ name, number: true }));
  let holder = slots.time.querySelector(".numbers");
  if (!holder) slots.time.append((holder = el("div", { class: "numbers" })));
  redraw(holder, rows.length ? table("Durations in numbers", ["seconds", ...numeric, { name: "", class: "wide" }], rows) : null);
}

/** Draw a picture in its slot, or update it. @param {string} slot @param {any} figure @param {any} context @param {any} options */
function draw(slot, figure, context, options) {
  if (!figure) return;
  if (pictures[slot]) {
    pictures[slot].update(figure);
    return;
  }
  const go = (/** @type {number} */ id) => context.go(address(context.route.name, "trial", id));
  pictures[slot] = picture(figure, { ...options, go });
  slots[slot].prepend(pictures[slot].root);
}

/** @param {any} doc @param {string} name */
function ended(doc, name) {
  if (!doc.reasons.length) return [];
  return section("Ended without success", doc.reasons.map((/** @type {any} */ each) => el("article", null,
    el("h3", null, `${each.count} `, state(each.state)),
    el("pre", { tabindex: 0, "data-key": `reason ${each.state} ${each.reason}` }, each.reason),
    el("p", null, "Trials ", trials(name, each.trials, each.count - each.trials.length)))),
  doc.left_out ? el("p", null, `${doc.left_out} further reasons are left out.`) : null);
}
