// @ts-check
// All experiments, and some of them on one axis.

import { el, redraw, table } from "../dom.js";
import { clock, counted, number } from "../format.js";
import { bar, state } from "../parts/facts.js";
import { spark } from "../parts/spark.js";
import { elapsed } from "../parts/ticking.js";
import { picture } from "../plot.js";
import { address } from "../router.js";

// Okabe and Ito (2008). The first ones have the most contrast to both papers.
const COLOURS = ["#0072B2", "#D55E00", "#009E73", "#8c8c8c", "#CC79A7", "#E69F00", "#56B4E9"];
const AT_FIRST = 4; // experiments that are compared at first
const DASHES = ["solid", "dash", "dot", "dashdot"];

/** @type {any} */
let parts = null;

export default {
  title: "Experiments",
  documents: () => ["overview"],

  /** @param {HTMLElement} root @param {any[]} documents @param {any} context */
  render(root, documents, context) {
    const list = el("div");
    const compared = el("div");
    parts = { list, compared, chosen: null, picture: null };
    root.append(el("h1", null, "Experiments"), list, compared);
    this.update(root, documents, context);
  },

  /** @param {HTMLElement} _ @param {any[]} documents @param {any} context */
  update(_, [found], { source }) {
    const objective = found.find(isComparable)?.objective;
    parts.chosen ??= new Set(found.filter((/** @type {any} */ each) => isComparable(each) && each.objective === objective).slice(0, AT_FIRST).map((/** @type {any} */ each) => each.name));
    const toggle = (/** @type {string} */ name) => {
      if (!parts.chosen.delete(name)) parts.chosen.add(name);
      compare(found);
    };
    redraw(parts.list, found.length ? list(found, toggle, source.now()) : el("p", null, "No experiment yet: start one with ", el("code", null, "heirloom run FILE"), "."));
    compare(found);
  },

  destroy() {
    parts?.picture?.destroy();
    parts = null;
  },
};

/** @param {any[]} found @param {(name: string) => void} toggle @param {number} now the server's time */
function list(found, toggle, now) {
  const rows = found.map((each) => [
    el("a", { href: address(each.name), "data-key": each.name }, each.name),
    state(each.state),
    each.objective ?? "",
    each.problem ? el("span", { class: "failed" }, each.problem) : number(each.best?.value),
    [`${each.done ?? 0}${each.total ? ` of ${each.total}` : ""} `, each.total ? bar((each.done ?? 0) / each.total, `Progress of ${each.name}`) : ""],
    spark(values(each), { steps: steps(each), label: `Best so far of ${each.name}` }),
    clock(each.started),
    typeof each.started === "number" && elapsed(each.elapsed, each.state === "running", now - each.last),
    isComparable(each) && el("input", { type: "checkbox", "aria-label": `Compare ${each.name}`, "data-key": `compare ${each.name}`, checked: parts.chosen.has(each.name), onchange: () => toggle(each.name) }),
  ]);
  const columns = ["experiment", "state", "objective", { name: "best", number: true }, "trials", "best so far", "started", { name: "time", number: true }, "compare"];
  return [el("p", { class: "soft" }, counted(found.length, "experiment")), table("Experiments", columns, rows)];
}

/** The best values so far. @param {any} each @returns {number[]} */
function values(each) {
  return each.sparkline?.values ?? [];
}

/** The trials until then. @param {any} each @returns {number[]} */
function steps(each) {
  return each.sparkline?.trials ?? [];
}

/** @param {any} each */
function isComparable(each) {
  return values(each).some((value) => typeof value === "number");
}

/** Draw the chosen experiments on one axis. @param {any[]} found */
function compare(found) {
  const chosen = found.filter((each) => parts.chosen.has(each.name) && isComparable(each));
  if (chosen.length < 2) {
    parts.picture?.destroy();
    parts.picture = null;
    redraw(parts.compared);
    return;
  }
  const objectives = [...new Set(chosen.map((each) => each.objective))];
  const figure = {
    data: chosen.map((each, at) => ({
      type: "scatter",
      mode: "lines",
      name: each.name.replaceAll("&", "&amp;").replaceAll("<", "&lt;"),
      x: steps(each),
      y: values(each),
      line: { shape: "hv", width: 3, color: COLOURS[at % COLOURS.length], dash: DASHES[Math.floor(at / COLOURS.length) % DASHES.length] },
    })),
    layout: {
      height: 380,
      hovermode: "closest",
      showlegend: true,
      xaxis: { title: { text: "trials that had ended" }, rangemode: "tozero" },
      yaxis: { title: { text: "best so far" } },
      legend: { orientation: "h", y: 1.02, yanchor: "bottom", x: 0 },
    },
    note: objectives.length > 1 ? "Their objectives differ, so their values may not be comparable." : "",
  };
  if (parts.picture) {
    parts.picture.update(figure);
    return;
  }
  parts.picture = picture(figure, { title: "Compared", words: "The best value so far of the chosen experiments." });
  redraw(parts.compared, parts.picture.root);
}
