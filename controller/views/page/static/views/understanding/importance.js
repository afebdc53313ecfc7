// @ts-check
// The importance of params: a table of shares, with bars.

import { el, redraw, svg, table } from "../../dom.js";

const AGAIN = 2000; // milliseconds until a result that is being worked out is asked for again

/** @param {any} context */
export function importance(context) {
  const root = el("div", null, el("p", { class: "soft" }, "Loading …"));
  const { source, route } = context;
  let timer = 0;
  let isShown = true;
  let objective = "";
  ask();

  async function ask() {
    clearTimeout(timer);
    try {
      const doc = await source.get(`${encodeURIComponent(route.name)}/importance`);
      if (!isShown) return;
      show(doc);
      if (doc.state === "working" && source.live) timer = window.setTimeout(ask, AGAIN);
    } catch (error) {
      const words = source.live ? /** @type {any} */ (error).message : "This file has no importance of params: heirloom report --importance writes it, and heirloom serve shows it.";
      if (!isShown) return;
      redraw(root, el("p", { class: "note" }, words));
      if (/** @type {any} */ (error).status === 0) timer = window.setTimeout(ask, AGAIN);
    }
  }

  /** @param {any} doc */
  function show(doc) {
    const names = [...new Set(doc.results.map((/** @type {any} */ each) => each.objective))];
    if (!names.includes(objective)) objective = /** @type {any} */ (names[0]) ?? "";
    const found = doc.results.filter((/** @type {any} */ each) => each.objective === objective);
    const shared = found.filter((/** @type {any} */ each) => each.shares);
    const failed = found.filter((/** @type {any} */ each) => each.error);
    const params = [...new Set(shared.flatMap((/** @type {any} */ each) => Object.keys(each.shares)))];
    const mean = (/** @type {any} */ name) => shared.reduce((/** @type {number} */ sum, /** @type {any} */ each) => sum + (each.shares[name] ?? 0), 0);
    params.sort((a, b) => mean(b) - mean(a));
    redraw(root,
      el("p", { class: "soft", role: "status" }, status(doc)),
      names.length > 1 && el("div", { class: "controls" }, el("label", null, "Value ", el("select", { "data-key": "objective", onchange: (/** @type {any} */ event) => { objective = event.target.value; show(doc); } },
        names.map((name) => el("option", { value: name, selected: name === objective }, String(name)))))),
      params.length > 0 && table("Importance of params", ["param", ...shared.map((/** @type {any} */ each) => ({ name: each.evaluator, class: "wide" }))],
        params.map((/** @type {any} */ name) => [name, ...shared.map((/** @type {any} */ each) => bar(each.shares[name]))])),
      failed.map((/** @type {any} */ each) => el("p", { class: "soft" }, `${each.evaluator}: ${each.error}.`)),
      params.length > 0 && el("p", { class: "soft" }, "The share of each param in what makes the values differ. PED-ANOVA looks at the best tenth of the trials, the other two at all of them and only at params that every trial has. Where they disagree, more trials are needed."));
  }

  return {
    root,
    update: () => { ask(); },
    destroy() {
      isShown = false;
      clearTimeout(timer);
    },
  };
}

/** @param {any} doc */
function status(doc) {
  const words = {
    few: doc.words, missing: doc.words, working: doc.results.length ? `Of ${doc.trials} trials; it is being worked out anew.` : "It is being worked out, which can take a minute.",
    done: `Of ${doc.trials} trials.${doc.words ? ` ${doc.words}.` : ""}`, failed: `It cannot be worked out: ${doc.words}.`,
  };
  return /** @type {any} */ (words)[doc.state] ?? "";
}

/** @param {number | undefined} share */
function bar(share) {
  if (share === undefined) return "";
  return el("span", { class: "bar" },
    svg("svg", { viewBox: "0 0 100 8", preserveAspectRatio: "none", "aria-hidden": "true" }, svg("rect", { width: 100 * share, height: 8 })),
    `${(100 * share).toFixed(1)} %`);
}
