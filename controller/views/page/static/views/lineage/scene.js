// @ts-check
// Trials with coordinates, who descends from whom, and an index of them by their place.

/**
 * @typedef {"trial" | "generation"} Across
 * @typedef {"family" | "value"} Up
 * @typedef {{left: number, right: number, top: number, bottom: number}} Box
 * @typedef {ReturnType<typeof scene>} Scene
 */

/**
 * The scene of a document. A trial is known by its index in the document's columns. In the picture
 * by value, those without a value have no place: their coordinates are NaN.
 * @param {any} doc
 * @param {Across} across
 * @param {Up} up
 */
export function scene(doc, across, up) {
  const { trials } = doc;
  const count = trials.id.length;
  const x = Float64Array.from(across === "trial" ? trials.id : trials.generation);
  const y = new Float64Array(count);
  for (let at = 0; at < count; at += 1) {
    const value = up === "family" ? trials.lane[at] : trials.value[at];
    y[at] = value === null ? NaN : value;
  }
  const links = family(trials.parent, doc.others);
  return {
    doc, across, up, count, x, y,
    ids: trials.id,
    parent: trials.parent,
    /** The index of a trial, or undefined. @type {Map<number, number>} */
    index: new Map(trials.id.map((/** @type {number} */ id, /** @type {number} */ at) => [id, at])),
    ...links,
    ...places(x, y),
    box: box(x, y, doc.span, up),
  };
}

/**
 * The parents and children of each trial.
 * @param {number[]} first the first parent of each
 * @param {{from: number[], to: number[]}} others
 */
function family(first, others) {
  /** @type {number[][]} */
  const children = first.map(() => []);
  first.forEach((parent, at) => { if (parent >= 0) children[parent].push(at); });
  /** @type {Map<number, number[]>} */
  const more = new Map();
  others.to.forEach((at, number) => {
    more.set(at, [...(more.get(at) ?? []), others.from[number]]);
    children[others.from[number]].push(at);
  });
  /** @param {number} at */
  const parents = (at) => (first[at] < 0 ? more.get(at) ?? [] : [first[at], ...(more.get(at) ?? [])]);
  return { children, parents };
}

/** All that can be reached. @param {number} from @param {(at: number) => number[]} next */
export function reach(from, next) {
  const found = new Set();
  const left = [...next(from)];
  while (left.length) {
    const at = /** @type {number} */ (left.pop());
    if (!found.has(at)) {
      found.add(at);
      left.push(...next(at));
    }
  }
  return /** @type {Set<number>} */ (found);
}

/**
 * What the whole picture shows. Values that are far off are outside of it.
 * @param {Float64Array} x @param {Float64Array} y @param {number[]} span @param {Up} up
 * @returns {Box}
 */
function box(x, y, span, up) {
  const found = { left: Infinity, right: -Infinity, top: Infinity, bottom: -Infinity };
  for (let at = 0; at < x.length; at += 1) {
    if (Number.isNaN(y[at])) continue;
    found.left = Math.min(found.left, x[at]);
    found.right = Math.max(found.right, x[at]);
    found.top = Math.min(found.top, y[at]);
    found.bottom = Math.max(found.bottom, y[at]);
  }
  if (!Number.isFinite(found.left)) return { left: 0, right: 1, top: 0, bottom: 1 };
  if (up === "value") [found.top, found.bottom] = span;
  if (found.left === found.right) { found.left -= 1; found.right += 1; }
  if (found.top === found.bottom) { found.top -= 0.5; found.bottom += 0.5; }
  return found;
}

/**
 * A grid whose cells hold about two trials each, for finding what is near.
 * @param {Float64Array} x @param {Float64Array} y
 */
function places(x, y) {
  const known = [];
  for (let at = 0; at < x.length; at += 1) if (!Number.isNaN(y[at])) known.push(at);
  const side = Math.max(1, Math.round(Math.sqrt(known.length / 2)));
  const [left, right] = ends(x, known);
  const [low, high] = ends(y, known);
  const wide = (right - left) / side || 1;
  const tall = (high - low) / side || 1;
  /** @param {number} value @param {number} from @param {number} size */
  const cell = (value, from, size) => Math.min(side - 1, Math.max(0, Math.floor((value - from) / size)));
  const cells = known.map((at) => cell(x[at], left, wide) + side * cell(y[at], low, tall));
  const starts = new Int32Array(side * side + 1);
  for (const each of cells) starts[each + 1] += 1;
  for (let at = 0; at < side * side; at += 1) starts[at + 1] += starts[at];
  const free = starts.slice();
  const items = new Int32Array(known.length);
  known.forEach((trial, number) => { items[free[cells[number]]++] = trial; });

  /**
   * The trial that is nearest to a place, at most `dx` and `dy` away; -1 for none.
   * @param {number} atX @param {number} atY @param {number} dx @param {number} dy
   */
  function nearest(atX, atY, dx, dy) {
    let found = -1;
    let least = 1;
    const [first, last] = [cell(atX - dx, left, wide), cell(atX + dx, left, wide)];
    for (let row = cell(atY - dy, low, tall); row <= cell(atY + dy, low, tall); row += 1) {
      for (let at = starts[row * side + first]; at < starts[row * side + last + 1]; at += 1) {
        const trial = items[at];
        const distance = ((x[trial] - atX) / dx) ** 2 + ((y[trial] - atY) / dy) ** 2;
        if (distance <= least) { least = distance; found = trial; }
      }
    }
    return found;
  }
  return { nearest };
}

/** @param {Float64Array} values @param {number[]} known */
function ends(values, known) {
  let low = Infinity;
  let high = -Infinity;
  for (const at of known) {
    low = Math.min(low, values[at]);
    high = Math.max(high, values[at]);
  }
  return known.length ? [low, high] : [0, 1];
}
