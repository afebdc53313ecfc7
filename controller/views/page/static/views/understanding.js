// @ts-check
// How params relate to values, for the whole experiment, and what one candidate looks like.

import { el } from "../dom.js";
import { counted } from "../format.js";
import { picture } from "../plot.js";
import { address } from "../router.js";
import { chain } from "./understanding/chain.js";
import { contour } from "./understanding/contour.js";
import { importance } from "./understanding/importance.js";
import { candidate } from "./understanding/network.js";
import { parallel } from "./understanding/parallel.js";
import { slices } from "./understanding/slices.js";

/** The tabs: whether there is one, and what it shows: an object with `root`, `update` and `destroy`. @type {Record<string, any>} */
const TABS = {
  parallel: { title: "Parallel coordinates", is: enough, make: (/** @type {any} */ docs, /** @type {any} */ on) => of(parallel(docs[0], on.context)) },
  importance: { title: "Importance", is: enough, make: (/** @type {any} */ _, /** @type {any} */ on) => of(importance(on.context)) },
  slices: { title: "Slices", is: enough, make: (/** @type {any} */ docs, /** @type {any} */ on) => of(slices(docs[0], on.context, on.go)) },
  contour: { title: "Contour", is: enough, make: (/** @type {any} */ docs, /** @type {any} */ on) => of(contour(docs[0], on.context)) },
  pareto: { title: "Pareto front", is: (/** @type {any[]} */ [doc]) => doc.pareto !== null, make: pareto },
  chain: { title: "Generations", is: (/** @type {any[]} */ docs) => docs[1] !== null, make: generations },
  network: { title: "Best network", is: (/** @type {any[]} */ [doc]) => doc.best !== null, make: best },
};

/** @type {any} */
let shown = null;

export default {
  title: "Understanding",
  inMenu: true,
  /** @param {any} route */
  documents: ({ name }) => ["understanding", "chain"].map((kind) => `${encodeURIComponent(name)}/${kind}`),
  /** @param {HTMLElement} root @param {any[]} docs @param {any} context */
  render(root, docs, context) {
    const { route, go } = context;
    const names = Object.keys(TABS).filter((name) => TABS[name].is(docs));
    const asked = route.query.get("tab");
    const note = el("p", { class: "soft" }, words(docs[0]));
    root.append(el("h1", null, "Understanding"), note);
    if (!names.length) {
      root.append(el("p", { class: "note" }, "There are no two results yet whose params differ."));
      shown = { names, note };
      return;
    }
    const tab = names.includes(asked) ? asked : names[0];
    const trial = route.query.get("trial");
    const links = names.map((name) => el("a", { href: address(route.name, "understanding", null, trial === null ? { tab: name } : { tab: name, trial }), "aria-current": name === tab ? "page" : null }, TABS[name].title));
    const open = (/** @type {number} */ trial) => go(address(route.name, "trial", trial));
    const made = TABS[tab].make(docs, { context, go: open });
    shown = { names, note, tab, made };
    root.append(el("nav", { class: "tabs", "aria-label": "Pictures" }, links), el("section", { "aria-label": TABS[tab].title }, made.root), ...hidden(docs[0]));
  },
  /** @param {HTMLElement} root @param {any[]} docs @param {any} context */
  update(root, docs, context) {
    const names = Object.keys(TABS).filter((name) => TABS[name].is(docs));
    if (!shown || names.join() !== shown.names.join()) {
      this.destroy();
      root.replaceChildren();
      this.render(root, docs, context);
      return;
    }
    shown.note.textContent = words(docs[0]);
    shown.made?.update(docs);
  },
  destroy() {
    shown?.made?.destroy();
    shown = null;
  },
};

/** @param {any[]} docs */
function enough([doc]) {
  return doc.ids.length > 1 && doc.columns.some((/** @type {any} */ column) => column.role === "param");
}

/** A part that needs the first document only. @param {any} part */
function of(part) {
  return { ...part, update: (/** @type {any[]} */ docs) => part.update(docs[0]) };
}

/** @param {any} doc */
function words(doc) {
  const left = doc.left_out ? `; ${doc.left_out} of ${doc.total} are left out: the best are shown, and evenly many of the others` : "";
  return `${counted(doc.ids.length, "result")}${left}.`;
}

/** @param {any} doc */
function hidden(doc) {
  if (!doc.hidden.length) return [];
  return [el("details", null, el("summary", null, `${counted(doc.hidden.length, "param")} without an axis`),
    el("ul", null, doc.hidden.map((/** @type {any} */ each) => el("li", null, `${each.name}: ${each.why}`))))];
}

/** @param {any[]} docs @param {any} on */
function pareto([doc], { go }) {
  const made = picture(doc.pareto, { title: "Pareto front", words: "Results that no other one beats in every objective are diamonds.", switch: "Objectives", go });
  return { ...made, update: (/** @type {any[]} */ docs) => made.update(docs[0].pareto) };
}

/** @param {any[]} docs @param {any} on */
function generations([, doc], { go }) {
  const made = chain(doc, go);
  return { ...made, update: (/** @type {any[]} */ docs) => made.update(docs[1]) };
}

/** The network of the best trial, or of one that the address names. @param {any[]} docs @param {any} on */
function best(docs, { context }) {
  const asked = context.route.query.get("trial");
  const root = el("div");
  let last = -1;
  /** @type {any} */
  let made = null;
  update(docs);

  /** @param {any[]} docs */
  function update([doc]) {
    const trial = Number(asked ?? doc.best);
    if (trial === last) {
      made.update();
      return;
    }
    last = trial;
    made?.destroy();
    made = candidate(context, trial, (words) => el("p", { class: "note" }, words));
    root.replaceChildren(el("p", null, el("a", { href: address(context.route.name, "trial", trial) }, `Trial ${trial}`)), made.root);
  }

  return { root, update, destroy: () => made.destroy() };
}
