// @ts-check
// Scales of columns: from a value to a share of an axis, and back.

import { number } from "../../format.js";

/**
 * The scale of a column. `share` gives 0 to 1, or null without a value; `value` is its inverse;
 * `text` names a value; `ticks` are values with their texts.
 * @param {any} column
 */
export function scale(column) {
  return column.categories ? categorical(column) : numeric(column);
}

/** @param {any} column */
function categorical({ categories, name }) {
  const last = Math.max(1, categories.length - 1);
  return {
    name,
    isCategorical: true,
    /** @param {number | null} value */
    share: (value) => (value === null ? null : value / last),
    /** @param {number} share */
    value: (share) => share * last,
    /** @param {number | null} value */
    text: (value) => (value === null ? "none" : categories[Math.round(value)] ?? ""),
    /** @param {number} count */
    ticks(count) {
      const step = Math.ceil(categories.length / Math.max(2, count * 2));
      return categories.flatMap((/** @type {string} */ words, /** @type {number} */ at) => (at % step ? [] : [{ value: at, words }]));
    },
  };
}

/** @param {any} column */
function numeric({ values, log, name }) {
  let low = Infinity;
  let high = -Infinity;
  for (const value of values) {
    if (value === null) continue;
    low = Math.min(low, value);
    high = Math.max(high, value);
  }
  if (!Number.isFinite(low)) [low, high] = [0, 1];
  const isLog = log && low > 0;
  const to = isLog ? Math.log10 : (/** @type {number} */ value) => value;
  const from = isLog ? (/** @type {number} */ value) => 10 ** value : (/** @type {number} */ value) => value;
  const [first, span] = [to(low), to(high) - to(low) || 1];
  return {
    name,
    isCategorical: false,
    /** @param {number | null} value */
    share: (value) => (value === null ? null : low === high ? 0.5 : (to(value) - first) / span),
    /** @param {number} share */
    value: (share) => from(first + share * span),
    /** @param {number | null} value */
    text: (value) => (value === null ? "none" : number(Number(value.toPrecision(4)))),
    /** @param {number} count */
    ticks: (count) => (isLog ? powers(low, high, count) : steps(low, high, count)).map((value) => ({ value, words: short(value) })),
  };
}

/** Round numbers between two others. @param {number} low @param {number} high @param {number} count */
export function steps(low, high, count) {
  if (low === high) return [low];
  const rough = (high - low) / Math.max(1, count);
  const size = 10 ** Math.floor(Math.log10(rough));
  const step = size * ([1, 2, 5, 10].find((each) => each * size >= rough) ?? 10);
  const found = [];
  for (let at = Math.ceil(low / step); at * step <= high * (1 + 1e-12) + step * 1e-9 && found.length < 100; at += 1) found.push(at * step);
  return found;
}

/** Powers of ten between two numbers; both ends where there are none. @param {number} low @param {number} high @param {number} count */
function powers(low, high, count) {
  const [first, last] = [Math.ceil(Math.log10(low) - 1e-9), Math.floor(Math.log10(high) + 1e-9)];
  if (last - first < 1) return [low, high];
  const step = Math.ceil((last - first) / Math.max(1, count));
  const found = [];
  for (let at = first; at <= last; at += step) found.push(10 ** at);
  return found;
}

/** @param {number} value */
export function short(value) {
  const size = Math.abs(value);
  if (size && (size >= 1e5 || size < 1e-3)) return value.toExponential(1).replace(".0e", "e").replace("e+", "e");
  return String(Number(value.toPrecision(4)));
}
