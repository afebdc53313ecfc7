"use strict";
const figures = JSON.parse(document.getElementById("figures").textContent);
const dark = matchMedia("(prefers-color-scheme: dark)");

// Colours of what is not data: as the page's, for the screen as it is or for paper.
function theme(paper) {
  const [ink, rule] = dark.matches && !paper ? ["#e8eaed", "#3a3f45"] : ["#1c1e21", "#d9dce0"];
  const axis = { gridcolor: rule, linecolor: rule, zerolinecolor: rule };
  return { ink, axis };
}

function layout(given, paper) {
  const { ink, axis } = theme(paper);
  return {
    ...given,
    paper_bgcolor: "rgba(0,0,0,0)",
    plot_bgcolor: "rgba(0,0,0,0)",
    font: { color: ink, family: "system-ui, sans-serif" },
    margin: { l: 56, r: 16, t: 48, b: 48 },
    modebar: { bgcolor: "rgba(0,0,0,0)", color: "#8c8c8c", activecolor: ink },
    autosize: !paper,
    width: paper ? 680 : undefined,
    xaxis: { ...given.xaxis, ...axis },
    yaxis: { ...given.yaxis, ...axis, automargin: true },
  };
}

const canvas = document.createElement("canvas");
const webgl = Boolean(canvas.getContext("webgl2") || canvas.getContext("webgl"));
for (const [name, figure] of Object.entries(figures)) {
  if (!webgl) for (const trace of figure.data) if (trace.type === "scattergl") trace.type = "scatter";
  const buttons = ["toImage", "zoom2d", "pan2d", "zoomIn2d", "zoomOut2d", "resetScale2d"];
  const options = { responsive: true, displaylogo: false, modeBarButtons: [buttons] };
  Plotly.newPlot(name, figure.data, layout(figure.layout), options);
  document.getElementById(name).on("plotly_click", (event) => {
    const trial = event.points[0].customdata;
    if (trial !== undefined) location.hash = `trial-${trial}`;
  });
}

function repaint(paper) {
  for (const [name, figure] of Object.entries(figures)) {
    Plotly.react(name, figure.data, layout(figure.layout, paper));
  }
}
dark.addEventListener("change", () => repaint(false));
addEventListener("beforeprint", () => repaint(true));
addEventListener("afterprint", () => repaint(false));

for (const button of document.querySelectorAll("[data-view]")) {
  button.addEventListener("click", () => {
    const { figure: name, view } = button.dataset;
    const figure = figures[name];
    for (const [axis, values] of Object.entries(figure.views[view])) {
      figure.data.forEach((trace, at) => { trace[axis] = values[at]; });
    }
    Object.assign(figure.layout, figure.axes[view]);
    repaint(false);
    for (const other of document.querySelectorAll(`[data-figure="${name}"]`)) {
      other.setAttribute("aria-pressed", String(other === button));
    }
  });
}

const pairs = [...document.querySelectorAll("[data-pair]")];
pairs.forEach((button, number) => button.addEventListener("click", () => {
  const figure = figures.pareto;
  const pair = figure.pairs[number];
  figure.data.forEach((trace, at) => Object.assign(trace, { x: pair.x[at], y: pair.y[at] }));
  figure.data[0].line.shape = pair.shape;
  const axis = (name) => ({ title: { text: name } });
  Object.assign(figure.layout, { xaxis: axis(pair.names[0]), yaxis: axis(pair.names[1]) });
  repaint(false);
  for (const other of pairs) other.setAttribute("aria-pressed", String(other === button));
}));

const table = document.getElementById("trials");
if (table) {
  const body = table.tBodies[0];
  const headings = [...table.tHead.rows[0].cells];
  headings.forEach((heading, column) => heading.firstElementChild.addEventListener("click", () => {
    const order = heading.getAttribute("aria-sort") === "ascending" ? "descending" : "ascending";
    headings.forEach((other) => other.removeAttribute("aria-sort"));
    heading.setAttribute("aria-sort", order);
    const keyed = [...body.rows].map((row) => [row.cells[column].textContent.trim(), row]);
    const sign = order === "ascending" ? 1 : -1;
    keyed.sort(([a], [b]) => {
      if (!a || !b) return (a ? 0 : 1) - (b ? 0 : 1); // what is empty comes last either way
      const difference = a - b;
      return sign * (Number.isNaN(difference) ? a.localeCompare(b) : difference);
    });
    body.append(...keyed.map(([, row]) => row));
  }));
  const filter = document.getElementById("filter");
  filter.addEventListener("input", () => {
    const words = filter.value.toLowerCase().split(/\s+/);
    let shown = 0;
    for (const row of body.rows) {
      const text = row.textContent.toLowerCase();
      row.hidden = !words.every((word) => text.includes(word));
      shown += row.hidden ? 0 : 1;
    }
    document.getElementById("shown").textContent = `${shown} of ${body.rows.length}`;
  });
}
