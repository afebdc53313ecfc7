// @ts-check
// Who descends from whom, what changed along a line of ancestors, and its learning curves.

import { el, redraw, section, table } from "../dom.js";
import { counted, number } from "../format.js";
import { picture } from "../plot.js";
import { address } from "../router.js";
import { onChange } from "../theme.js";
import { choices } from "./lineage/choices.js";
import { legend } from "./lineage/legend.js";
import { relatives } from "./lineage/relatives.js";
import { stage } from "./lineage/stage.js";

const FAMILIES = 20; // rows of the table
const MOST = 200; // families that the document lists

/** What is shown. @type {any} */
let shown = null;

export default {
  title: "Lineage",
  inMenu: true,
  /** @param {any} route */
  documents: ({ name }) => ["lineage", "curves"].map((kind) => `${encodeURIComponent(name)}/${kind}`),
  /** @param {HTMLElement} root @param {any[]} documents @param {any} context */
  render(root, [doc, curves], context) {
    root.append(el("h1", null, "Lineage"));
    if (!doc.trials.id.length) {
      root.append(el("p", { class: "note" }, "There is no trial yet."));
      return;
    }
    shown = new Shown(root, doc, curves, context);
  },
  /** @param {HTMLElement} root @param {any[]} documents @param {any} context */
  update(root, [doc, curves], context) {
    if (shown) shown.update(doc, curves);
    else {
      root.replaceChildren();
      this.render(root, [doc, curves], context);
    }
  },
  destroy() {
    shown?.destroy();
    shown = null;
  },
};

class Shown {
  /** @param {HTMLElement} root @param {any} doc @param {any} curves @param {any} context */
  constructor(root, doc, curves, context) {
    this.doc = doc;
    this.curves = curves;
    this.context = context;
    /** The document of the focused trial's line, where it is not the best one's. @type {any} */
    this.own = null;
    /** @type {number | null} */
    this.focus = null;
    this.look = { across: "trial", up: "family", by: "value" };
    const { colour } = context.theme;
    this.stage = stage(doc, {
      ...this.look, colour,
      describe: (at) => describe(this.doc, at),
      onFocus: (trial) => this.focused(trial),
      onOpen: (trial) => context.go(address(context.route.name, "trial", trial)),
    });
    this.note = el("p", { class: "soft" });
    this.legend = el("div", { class: "legend" });
    this.said = el("p", { class: "unseen", "aria-live": "polite" });
    this.panel = el("div", { class: "relatives" });
    this.line = el("div");
    this.pictures = el("div");
    this.families = el("div");
    /** @type {Map<string, any>} */
    this.drawn = new Map();
    root.append(
      this.note,
      choices(this.look, (changes) => this.change(changes), this.stage),
      this.legend, this.stage.root,
      el("p", { class: "soft", id: "lineage-keys" }, "Drag to move. Zoom with + and −, with the wheel after a click, or with two fingers. Arrow keys go from a trial to its parent, its best child and its siblings; Enter opens it, Escape lets go, 0 shows everything."),
      this.said, this.panel, this.line, this.pictures, this.families,
    );
    this.endTheme = onChange(() => { this.stage.recolour(); this.show(); });
    const wanted = context.route.query.get("focus");
    this.show();
    if (wanted === null || !/^\d{1,15}$/.test(wanted)) return;
    if (this.stage.scene.index.has(Number(wanted))) this.stage.focus(Number(wanted));
    else redraw(this.panel, el("p", { class: "note" }, `Trial ${wanted} is not in the picture.`));
  }

  /** @param {any} doc @param {any} curves */
  update(doc, curves) {
    const isNew = doc !== this.doc;
    this.doc = doc;
    this.curves = curves;
    if (isNew) this.stage.update(doc);
    if (this.focus !== null) this.ask(this.focus);
    this.show();
  }

  /** @param {any} changes */
  change(changes) {
    Object.assign(this.look, changes);
    this.stage.set(changes);
    this.show();
  }

  /** A trial was focused. @param {number | null} trial */
  focused(trial) {
    if (trial === this.focus) return;
    this.focus = trial;
    this.own = null;
    const { go, route } = this.context;
    go(address(route.name, "lineage", null, trial === null ? {} : { focus: String(trial) }), { replace: true });
    const at = trial === null ? undefined : this.stage.scene.index.get(trial);
    this.said.textContent = at === undefined ? "" : describe(this.doc, at);
    if (trial !== null) this.ask(trial);
    this.show();
  }

  /** Ask for the line of a trial. A file has that of the best trial only. @param {number} trial */
  async ask(trial) {
    const { source, route } = this.context;
    if (trial === this.curves.of) this.own = null;
    if (!source.live || trial === this.curves.of) return;
    try {
      const found = await source.get(`${encodeURIComponent(route.name)}/curves?of=${trial}`);
      if (trial !== this.focus || shown !== this || found === this.own) return;
      this.own = found;
      this.show();
    } catch {
      // What is known of the trial is shown; the page tells that the server is away.
    }
  }

  show() {
    const { doc, context, focus } = this;
    const { route } = context;
    const count = doc.families.root.length;
    const left = doc.left_out ? ` ${counted(doc.left_out, "trial")} of ${doc.total} are left out: the best, the newest and their ancestors are shown.` : "";
    this.note.textContent = `${counted(doc.trials.id.length, "trial")} in ${count >= MOST ? `${MOST} or more` : count} famil${count === 1 ? "y" : "ies"}.${left}`;
    redraw(this.legend, legend(doc, this.look, context.theme.colour));
    const go = (/** @type {number} */ trial) => this.stage.focus(trial);
    redraw(this.panel, relatives(this.stage.scene, focus, { go, name: route.name, close: () => this.stage.focus(null) }));
    const curves = focus !== null && this.own ? this.own : this.curves;
    redraw(this.line, steps(curves, go));
    this.draw(curves);
    redraw(this.families, families(doc, go));
  }

  /** The learning curves. @param {any} curves */
  draw(curves) {
    const go = (/** @type {number} */ trial) => this.context.go(address(this.context.route.name, "trial", trial));
    const names = new Set(curves.figures.map((/** @type {any} */ each) => each.name));
    for (const [name, made] of this.drawn) {
      if (names.has(name)) continue;
      made.destroy();
      made.root.remove();
      this.drawn.delete(name);
    }
    for (const { name, figure } of curves.figures) {
      const made = this.drawn.get(name);
      if (made) {
        if (made.figure !== figure) made.update(figure);
        made.figure = figure;
        continue;
      }
      const words = "What each trial reported, each curve after those of its ancestors.";
      const one = picture(figure, { title: `Learning curves: ${name}`, words, switch: "Steps", go });
      this.drawn.set(name, { ...one, figure });
      this.pictures.append(one.root);
    }
  }

  destroy() {
    this.endTheme();
    this.stage.destroy();
    for (const made of this.drawn.values()) made.destroy();
  }
}

/** One trial in a line of words. @param {any} doc @param {number} at */
function describe(doc, at) {
  const { trials } = doc;
  const parent = trials.parent[at];
  const value = trials.value[at] === null ? "" : `, ${doc.objective.name} ${number(trials.value[at])}`;
  const gain = parent < 0 || trials.value[at] === null || trials.value[parent] === null ? "" : ` (${signed(trials.value[at] - trials.value[parent])})`;
  const from = parent < 0 ? "starts from nothing" : `from ${trials.id[parent]}${gain}, generation ${trials.generation[at]}`;
  return `trial ${trials.id[at]}, ${doc.states[trials.state[at]]}${value}, ${from}`;
}

/** @param {number} value */
function signed(value) {
  return `${value >= 0 ? "+" : "−"}${number(Math.abs(value))}`;
}

/** What changed along a line, the oldest first. @param {any} curves @param {(trial: number) => void} go */
function steps(curves, go) {
  if (curves.line.length < 2) return [];
  const title = curves.is_best ? "What changed along the best line" : `What changed on the way to trial ${curves.of}`;
  return section(title, el("ol", { class: "steps" }, curves.line.map((/** @type {any} */ step) => el("li", null,
    el("button", { type: "button", class: "link", "data-key": `step ${step.id}`, onclick: () => go(step.id) }, step.words),
    step.value !== null && el("span", { class: step.is_better ? "gain better" : "gain" },
      ` ${number(step.value)}${step.gain === null ? "" : `, ${signed(step.gain)}${step.is_better ? " better" : ""}`}`)))));
}

/** @param {any} doc @param {(trial: number) => void} go */
function families(doc, go) {
  const { families: found } = doc;
  const rows = found.root.slice(0, FAMILIES).map((/** @type {number} */ root, /** @type {number} */ at) => [
    el("button", { type: "button", class: "link", "data-key": `family ${root}`, onclick: () => go(root) }, `from trial ${root}`),
    number(found.size[at]), number(found.generations[at]), number(found.best[at]),
  ]);
  const more = found.root.length - rows.length;
  return section("Families",
    table("Families", ["family", { name: "trials", number: true }, { name: "generations", number: true }, { name: `best ${doc.objective.name}`, number: true }], rows),
    more > 0 && el("p", { class: "soft" }, `${more}${found.root.length >= MOST ? " or more" : ""} smaller families are left out.`));
}
