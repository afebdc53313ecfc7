// @ts-check
// The generations of a chain: what they found, and the options of each choice over time.

import { el, svg } from "../../dom.js";
import { picture } from "../../plot.js";

/** @param {any} doc @param {(trial: number) => void} go */
export function chain(doc, go) {
  const root = el("div");
  /** @type {any} */
  let made = null;
  show(doc);

  /** @param {any} next */
  function show(next) {
    if (next.figure && made) made.update(next.figure);
    else if (next.figure) made = picture(next.figure, { title: "Results by generation", words: "The mean of what the trials of a generation found, for each task.", go });
    root.replaceChildren(...(made ? [made.root] : []), ...(next.shares ? [charts(next)] : []));
  }

  return { root, update: show, destroy: () => made?.destroy() };
}

/** @param {any} doc */
function charts({ shares, width, height }) {
  const what = shares.is_weighted ? "The weight of each option (the alphas)" : "The share of each option among the samples that the policy drew";
  return el("div", null, el("h2", null, "Choices by generation"),
    el("p", { class: "soft" }, `${what}, from generation ${shares.ends[0]} to ${shares.ends[1]}; the upper border is ${Math.round(100 * shares.top)} %.`),
    el("div", { class: "charts" }, shares.charts.map((/** @type {any} */ chart) => el("figure", null,
      el("figcaption", null, chart.label),
      svg("svg", { viewBox: `0 -2 ${width} ${height + 4}`, role: "img", "aria-label": chart.words },
        [0, height].map((y) => svg("path", { class: "rule", d: `M0 ${y}H${width}` })),
        chart.lines.map((/** @type {any} */ line) => svg("path", { d: line.path, stroke: line.colour, "stroke-dasharray": line.dash || null }))),
      el("ul", null, chart.lines.map((/** @type {any} */ line) => el("li", null,
        svg("svg", { viewBox: "0 0 24 8", "aria-hidden": "true" }, svg("path", { d: "M0 4H24", stroke: line.colour, "stroke-dasharray": line.dash || null })),
        ` ${line.option} `, el("span", null, line.last === null ? "" : line.last.toFixed(2)))))))),
    shares.left_out > 0 && el("p", { class: "soft" }, `${shares.left_out} more choices are left out.`));
}
