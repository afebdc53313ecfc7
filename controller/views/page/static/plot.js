// @ts-check
// Pictures that Plotly draws. Python gives the data; the colours of text and grid come from here.

import { el, redraw } from "./dom.js";
import { colour, onChange } from "./theme.js";

/** @type {Promise<any> | null} */
let loading = null;

/** Plotly, which is loaded when the first picture needs it. */
function plotly() {
  const page = /** @type {any} */ (window);
  loading ??= new Promise((resolve, reject) => {
    if (page.Plotly) return resolve(page.Plotly);
    const isEmbedded = document.getElementById("documents") !== null;
    const script = isEmbedded ? document : document.createElement("script");
    script.addEventListener(isEmbedded ? "DOMContentLoaded" : "load", () => {
      delete (/** @type {any} */ (document.head).appendChild);
      resolve(page.Plotly);
    });
    script.addEventListener("error", () => {
      loading = null;
      reject(new Error("Plotly's script cannot be loaded: the tables beside the pictures have the numbers."));
    });
    if (script instanceof HTMLScriptElement) {
      script.src = "static/plotly.js";
      document.head.append(script);
    }
  });
  return loading;
}

/**
 * Prepare the document for Plotly's script, which adds rules of style when it runs.
 *
 * Its `style` elements would be against the page's Content-Security-Policy. A constructed sheet is
 * not (CSSOM, 6.3), and takes the rules that all pictures need. The element for maps, which this
 * page does not draw, is left out while the script runs.
 */
export function prepare() {
  const sheet = new CSSStyleSheet();
  document.adoptedStyleSheets = [...document.adoptedStyleSheets, sheet];
  const holder = el("template", { id: "plotly.js-style-global" });
  Object.defineProperty(holder, "sheet", { value: sheet });
  document.head.append(holder);
  const head = /** @type {any} */ (document.head);
  head.appendChild = (/** @type {Node} */ child) => (child instanceof HTMLStyleElement ? child : Node.prototype.appendChild.call(head, child));
}

/**
 * A picture with its heading, its words and the buttons of its views.
 *
 * `figure` is Plotly's JSON with optional `views` (by name, the coordinates of each trace), `axes`
 * (by name, the axes) and `note`. A click on a point goes to the trial in its `customdata`.
 * @param {any} figure
 * @param {{title: string, words?: string, switch?: string, go?: (trial: number) => void}} options
 */
export function picture(figure, options) {
  const plot = el("div", { class: "plot", role: "group", "aria-label": `${options.title}. ${options.words ?? ""}` });
  const words = el("p", { class: "soft" });
  const buttons = el("p", { class: "buttons", role: "group", "aria-label": options.switch ?? "Views of the picture" });
  const root = el("section", { class: "picture" }, el("h2", null, options.title), words, buttons, plot);
  let view = "";
  let current = figure;
  let isDrawn = false;

  async function draw() {
    const library = await plotly();
    if (!root.isConnected) return;
    const config = { responsive: true, displaylogo: false, modeBarButtons: [["toImage", "zoom2d", "pan2d", "zoomIn2d", "zoomOut2d", "resetScale2d"]] };
    const drawn = library.react(plot, traces(current, view), layout(current, view), config);
    if (!isDrawn && options.go) {
      plot.on("plotly_click", (/** @type {any} */ event) => {
        const trial = event.points[0]?.customdata;
        if (typeof trial === "number") options.go?.(trial);
      });
    }
    isDrawn = true; // from now on there is something to purge
    await drawn;
  }

  /** @param {string} name */
  function choose(name) {
    view = name;
    showButtons();
    attempt();
  }

  function showButtons() {
    const names = Object.keys(current.views ?? {});
    buttons.hidden = names.length < 2;
    redraw(buttons, names.map((name) => el("button",
      { type: "button", "data-key": name, "aria-pressed": String(name === view), onclick: () => choose(name) }, name)));
  }

  function attempt() {
    draw().catch((error) => { plot.replaceChildren(el("p", { class: "note" }, error.message)); });
  }

  /** Show another figure in its place. @param {any} next */
  function update(next) {
    current = next;
    const names = Object.keys(current.views ?? {});
    if (!names.includes(view)) view = names[0] ?? "";
    words.textContent = [options.words, current.note].filter(Boolean).join(" ");
    showButtons();
    attempt();
  }

  const end = onChange(attempt);
  queueMicrotask(() => update(figure));
  return {
    root,
    update,
    destroy() {
      end();
      if (isDrawn) /** @type {any} */ (window).Plotly.purge(plot);
    },
  };
}

/** The traces of a view. @param {any} figure @param {string} view */
function traces(figure, view) {
  const coordinates = figure.views?.[view] ?? {};
  return figure.data.map((/** @type {any} */ trace, /** @type {number} */ at) => {
    const own = Object.entries(coordinates).map(([axis, values]) => [axis, values[at]]);
    return { ...trace, ...Object.fromEntries(own), type: trace.type === "scattergl" ? "scatter" : trace.type };
  });
}

/** The layout of a view in the colours of the page. @param {any} figure @param {string} view */
function layout(figure, view) {
  const given = { ...figure.layout, ...figure.axes?.[view] };
  const ink = colour("ink");
  const scale = parseFloat(getComputedStyle(document.documentElement).fontSize) / 16; // as text is
  const axis = { gridcolor: colour("rule"), linecolor: colour("rule"), zerolinecolor: colour("rule") };
  return {
    ...given,
    paper_bgcolor: "rgba(0,0,0,0)",
    plot_bgcolor: "rgba(0,0,0,0)",
    font: { color: ink, family: "system-ui, sans-serif", size: 12 * scale },
    height: (given.height ?? 400) * scale,
    margin: { l: 56 * scale, r: 16 * scale, t: 48 * scale, b: 48 * scale },
    modebar: { bgcolor: "rgba(0,0,0,0)", color: "#8c8c8c", activecolor: ink },
    autosize: true,
    // What the reader zoomed to stays while the search goes on.
    uirevision: view || "one",
    xaxis: { ...given.xaxis, ...axis },
    yaxis: { ...given.yaxis, ...axis, automargin: true },
  };
}
