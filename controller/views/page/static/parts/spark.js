// @ts-check
// Small pictures of a curve, beside numbers.

import { svg } from "../dom.js";
import { number } from "../format.js";

/**
 * A curve as a line. Points without a value are left out; an empty curve is an empty picture.
 * @param {(number | null)[]} values
 * @param {{steps?: number[], width?: number, height?: number, label?: string}} [options]
 */
export function spark(values, { steps = [], width = 160, height = 32, label = "" } = {}) {
  const points = values.map((y, at) => [steps[at] ?? at, y]).filter(([, y]) => typeof y === "number");
  const [left, right] = ends(points.map(([x]) => Number(x)));
  const [low, high] = ends(points.map(([, y]) => Number(y)));
  const words = points.length ? `${label} from ${number(points[0][1])} to ${number(points.at(-1)?.[1])}, between ${number(low)} and ${number(high)}` : `${label}: no value yet`;
  const root = svg("svg", { class: "spark", viewBox: `-2 -2 ${width + 4} ${height + 4}`, width, height, role: "img", "aria-label": words.trim() });
  if (!points.length) return root;
  const place = points.map(([x, y]) => [
    right > left ? (width * (Number(x) - left)) / (right - left) : width / 2,
    high > low ? height * (1 - (Number(y) - low) / (high - low)) : height / 2,
  ]);
  const path = place.map(([x, y], at) => `${at ? "L" : "M"}${x.toFixed(1)} ${y.toFixed(1)}`).join("");
  const [x, y] = place[place.length - 1];
  root.append(svg("path", { d: path }), svg("circle", { cx: x.toFixed(1), cy: y.toFixed(1), r: 2 }), svg("title", null, words));
  return root;
}

/** @param {number[]} numbers @returns {[number, number]} */
function ends(numbers) {
  return numbers.reduce(([low, high], each) => [Math.min(low, each), Math.max(high, each)], [Infinity, -Infinity]);
}
