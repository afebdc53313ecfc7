// @ts-check
// An experiment: what it found, what runs, what it costs and what went wrong.

import { el, redraw, section, table } from "../dom.js";
import { bytes, clock, duration } from "../format.js";
import { bar, notes, panels, params, state, trial, trials } from "../parts/facts.js";
import { nodes, running } from "../parts/now.js";
import { actions } from "../parts/steering.js";
import { elapsed } from "../parts/ticking.js";
import { picture } from "../plot.js";
import { address } from "../router.js";

const KINDS = ["summary", "running", "nodes", "progress", "time", "failures"];
const SLOTS = ["head", "weights", "actions", "running", "progress", "nodes", "time", "failures"];

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
    slots = Object.fromEntries(SLOTS.map((name) => [name, el("div")]));
    root.append(...Object.values(slots));
    this.update(root, documents, context);
    showWeights(context);
  },

  /** @param {HTMLElement} _ @param {any[]} documents @param {any} context */
  update(_, documents, context) {
    const { name } = context.route;
    const [summary, run, node, progress, time, failures] = documents.map((doc, at) => (doc === last[at] ? undefined : doc));
    last = documents;
    if (summary !== undefined) {
      redraw(slots.head, head(summary, context));
      redraw(slots.actions, section("Actions", actions(context, steering(summary))));
    }
    if (run !== undefined) redraw(slots.running, running(run, name, goesOn(documents[0], context), context.source.now()));
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

/** Whether a controller runs the search now. @param {any} summary @param {any} context */
function goesOn(summary, context) {
  return context.source.live && summary.state === "running";
}

/** @param {any} doc @param {any} context */
function head(doc, context) {
  const { name } = context.route;
  const { best, budget, store } = doc;
  const counts = Object.entries(doc.counts).filter(([, count]) => count);
  const free = typeof store?.free === "number" ? `${bytes(store.free)} free on the store` : "";
  return [
    el("h1", null, name, " ", el("small", { class: "tag" }, state(doc.state))),
    doc.description && el("p", null, doc.description),
    panels([
      [`Best value (${doc.objective})`, best ? best.shown : "none", best ? [["trial ", trial(name, best.id)], best.note] : []],
      ["Trials", String(doc.trials), counts.map(([each, count]) => [`${count} `, state(each)])],
      ["Time", elapsed(doc.elapsed, goesOn(doc, context), context.source.now() - doc.at) || "none", [doc.started_at ? `since ${clock(doc.started_at)}` : "", typeof doc.left === "number" ? `about ${duration(doc.left)} left` : "", doc.ended_at ? `until ${clock(doc.ended_at)}` : ""]],
      ["Budget", budget.text, [typeof budget.share === "number" ? bar(budget.share, "Share of the budget") : "", free, doc.controller ? `controller: ${doc.controller}` : ""]],
    ]),
    notes(doc.troubles, "trouble"),
    notes(doc.notes),
    doc.waits.length ? el("p", { class: "note" }, `The search waits for ${doc.waits.join(", ")}.`) : null,
    best && section("Params of the best trial", params(best.params)),
  ];
}

/** The size of the weights, which takes long to find: it is asked for once. @param {any} context */
async function showWeights(context) {
  const slot = slots.weights;
  try {
    const found = await context.source.get(`${encodeURIComponent(context.route.name)}/weights`);
    redraw(slot, notes(found.notes));
  } catch {
    // The store is away: that is among the troubles.
  }
}

/** What can be asked of the search. @param {any} doc @returns {any[]} */
function steering(doc) {
  const { commands = {} } = doc;
  const isOver = ["finished", "stopped", "failed"].includes(doc.state);
  const fields = [
    { name: "trials", label: "Trials: more (+50), or in all (200)", value: "+10", option: "--trials" },
    { name: "duration", label: "Time: more (+8h), or in all (24h)", value: "", option: "--duration" },
  ];
  return [
    isOver ? null : {
      request: "stop", label: "Stop the search", command: commands.stop,
      question: "All trials on nodes are ended, and no more are started. Committed trials stay.",
    },
    isOver || doc.controller ? null : { request: "resume", label: "Resume the search", command: commands.resume },
    {
      request: "extend", label: "Extend the budget", command: doc.actions?.includes("extend") ? commands.resume : commands.extend, fields,
      question: "The search goes on until the new budget is used up.",
    },
    { request: "watch", label: "Watch it in a terminal", command: commands.watch },
  ].filter((action) => action?.command);
}

/** @param {any} doc @param {any} context */
function showTime(doc, context) {
  draw("time", doc.figure, context, {
    title: "Durations",
    words: "How long trials took, by what they were doing. Lookahead: the trial was on its node already, and every slot there was taken. Waiting: a slot was free, and the trial waited for a parent or for its start.",
  });
  let holder = slots.time.querySelector(".numbers");
  if (!holder) slots.time.append((holder = el("div", { class: "numbers" })));
  redraw(holder, seconds("Durations in numbers", doc.activities), doc.waits.length ? [
    el("h3", null, "Waiting, told apart"),
    el("p", { class: "soft" }, "From its proposal to its start, a trial waited for its parents, then for a free slot; the rest is Ansible and the start of its process."),
    seconds("Waiting, told apart", doc.waits)] : null);
}

/** Seconds by name. @param {string} label @param {any[]} found */
function seconds(label, found) {
  if (!found.length) return null;
  const most = Math.max(...found.map((row) => row.total)) || 1;
  const rows = found.map((row) => [
    row.name, row.total.toFixed(2), row.median.toFixed(3), row.longest.toFixed(3), bar(row.total / most, `Share of ${row.name}`)]);
  const numeric = ["total", "median", "longest"].map((name) => ({ name, number: true }));
  return table(label, ["seconds", ...numeric, { name: "", class: "wide" }], rows);
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
