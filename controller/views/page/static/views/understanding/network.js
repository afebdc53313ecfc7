// @ts-check
// The graph of a candidate's network, coloured by what it inherited.

import { el, redraw, section, svg } from "../../dom.js";
import { address } from "../../router.js";

const [WIDE, TALL, GAP_X, GAP_Y] = [150, 44, 24, 34]; // of a node, and between nodes
const SKIPS = 40; // by how much a skip connection bends to the side

/**
 * The network of a trial, if its params or its result describe one.
 * @param {any} context @param {number} trial
 * @param {(words: string) => any} [without] what is shown instead where there is none
 */
export function candidate(context, trial, without = () => null) {
  const { source, route } = context;
  const root = el("div");
  let isShown = true;
  /** @type {any} */
  let last;
  update();

  async function update() {
    try {
      const doc = await source.get(`${encodeURIComponent(route.name)}/network/${trial}`);
      if (!isShown || doc === last) return;
      last = doc;
      redraw(root, doc ? section("Network", network(doc, { name: route.name })) : without("Neither the params nor the result of this trial describe a network."));
    } catch (error) {
      if (isShown && last === undefined) redraw(root, without(/** @type {any} */ (error).message));
    }
  }

  return { root, update, destroy: () => { isShown = false; } };
}

/**
 * The graphs of a document `network/ID`.
 * @param {any} doc
 * @param {{name: string}} options of the experiment
 */
export function network(doc, { name }) {
  const shares = doc.basis === "report";
  return el("div", { class: "networks" },
    el("p", { class: "soft" }, about(doc), doc.parent !== null && [" Parent: ", el("a", { href: address(name, "trial", doc.parent) }, `trial ${doc.parent}`), "."]),
    doc.basis && el("ul", { class: "keys" }, keys(shares).map(([fill, words]) => el("li", null, svg("svg", { viewBox: "0 0 16 12", "aria-hidden": "true" }, svg("rect", { class: fill, width: 16, height: 12, rx: 2 })), ` ${words}`))),
    doc.graphs.map((/** @type {any} */ graph) => one(graph, shares)),
    doc.more_graphs > 0 && el("p", { class: "soft" }, `${doc.more_graphs} more graphs are left out.`));
}

/** @param {any} doc */
function about(doc) {
  const whole = doc.inherited === null ? "" : ` It inherited ${(100 * doc.inherited).toFixed(1)} % of its numbers.`;
  if (doc.parent === null) return `The network of trial ${doc.id}, which starts from nothing.`;
  if (doc.basis === "report") return `The network of trial ${doc.id}; colours show how much of each part it inherited.${whole}`;
  return `The network of trial ${doc.id}; colours show what differs from its parent. What it inherited of each part was not reported.${whole}`;
}

/** @param {boolean} shares */
function keys(shares) {
  return shares
    ? [["whole", "inherited whole"], ["partly", "in part"], ["new", "new"], ["none", "no weights known"]]
    : [["whole", "as in the parent"], ["partly", "changed"], ["new", "new"]];
}

/** @param {any} node @param {boolean} shares */
function kind(node, shares) {
  if (node.kind === "input" || node.kind === "output" || node.kind === "join") return "none";
  if (shares) return node.share === null ? "none" : node.share >= 0.9995 ? "whole" : node.share > 0 ? "partly" : "new";
  return /** @type {Record<string, string>} */ ({ same: "whole", changed: "partly", new: "new" })[node.change] ?? "none";
}

/** @param {any} graph @param {boolean} shares */
function one(graph, shares) {
  const [wide, tall] = [WIDE + GAP_X, TALL + GAP_Y];
  const skips = graph.edges.some((/** @type {any} */ edge) => edge.skip || far(edge));
  const width = graph.width * wide + (skips ? 2 * SKIPS : 0);
  const height = graph.ranks * tall;
  const x = (/** @type {any} */ node) => width / 2 + node.place * wide;
  const y = (/** @type {any} */ node) => node.rank * tall + tall / 2;
  const nodes = graph.nodes;
  const root = svg("svg", { viewBox: `0 0 ${width} ${height}`, width, height, role: "img", "aria-label": `${graph.title}: ${nodes.length} nodes` },
    graph.edges.map((/** @type {any} */ edge) => svg("path", { class: edge.skip ? "edge skip" : "edge", d: path(nodes[edge.from], nodes[edge.to]) })),
    nodes.map((/** @type {any} */ node) => drawn(node)));
  const left = graph.left_out ? el("p", { class: "soft" }, `${graph.left_out} more nodes are left out.`) : null;
  return el("figure", { class: "network" }, el("figcaption", null, graph.title),
    el("div", { class: "scroll", tabindex: 0, role: "region", "aria-label": graph.title }, root), left, listed());

  /** @param {any} edge */
  function far(edge) {
    return graph.nodes[edge.to].rank - graph.nodes[edge.from].rank > 1;
  }

  /** From the lower border of a node to the upper one of another, around those between. @param {any} from @param {any} to */
  function path(from, to) {
    const [one, other] = [halves(from), halves(to)];
    const [left, top, right, bottom] = [x(from), y(from) + one.tall, x(to), y(to) - other.tall];
    if (to.rank - from.rank > 1 && Math.abs(left - right) < WIDE) {
      const side = Math.max(left, right) + WIDE / 2 + Math.min(SKIPS, 12 + 6 * (to.rank - from.rank));
      return `M${left + one.wide} ${y(from)}C${side} ${y(from)} ${side} ${y(to)} ${right + other.wide} ${y(to)}`;
    }
    const middle = (top + bottom) / 2;
    return `M${left} ${top}C${left} ${middle} ${right} ${middle} ${right} ${bottom}`;
  }

  /** @param {any} node */
  function drawn(node) {
    const small = node.kind === "join";
    const { wide: half, tall: tallHalf } = halves(node);
    const percent = shares && node.share !== null ? `${(100 * node.share).toFixed(0)} %` : "";
    const words = [node.label, node.detail, percent && `${percent} inherited`, !shares && node.change && `beside the parent: ${node.change}`].filter(Boolean).join(", ");
    return svg("g", { class: `node ${kind(node, shares)}` }, svg("title", null, words),
      svg("rect", { x: x(node) - half, y: y(node) - tallHalf, width: 2 * half, height: 2 * tallHalf, rx: small ? tallHalf : 6 }),
      svg("text", { x: x(node), y: y(node) + (node.detail && !small ? -3 : 4) }, cut(node.label, small ? 5 : 20)),
      node.detail && !small && svg("text", { class: "detail", x: x(node), y: y(node) + 13 }, cut([percent, node.detail].filter(Boolean).join(" · "), 26)));
  }

  /** The same as text, for those who do not see the picture. */
  function listed() {
    return el("details", { "data-key": `nodes of ${graph.title}` }, el("summary", null, "As a list"),
      el("ul", null, nodes.map((/** @type {any} */ node, /** @type {number} */ at) => {
        const from = graph.edges.filter((/** @type {any} */ edge) => edge.to === at).map((/** @type {any} */ edge) => nodes[edge.from].label);
        const what = shares ? node.share !== null && `, ${(100 * node.share).toFixed(0)} % inherited` : node.change && `, beside the parent: ${node.change}`;
        return el("li", null, node.label, node.detail && ` (${node.detail})`, from.length > 0 && `, reads ${from.join(", ")}`, what);
      })));
  }
}

/** Half of the size of a node. @param {any} node */
function halves(node) {
  return node.kind === "join" ? { wide: TALL / 2.6, tall: TALL / 2.6 } : { wide: WIDE / 2, tall: TALL / 2 };
}

/** @param {string} words @param {number} length */
function cut(words, length) {
  return words.length <= length ? words : `${words.slice(0, length - 1)}…`;
}
