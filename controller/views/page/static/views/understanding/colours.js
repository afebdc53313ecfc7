// @ts-check
// A colour for each row, by the value of an objective: better ones are brighter.

import { ramp } from "../lineage/marks.js";

const STEPS = 24;

/**
 * @param {any} column the values of an objective
 * @param {(name: string) => string} colour of page.css
 */
export function colours(column, colour) {
  const scale = ramp([0, 1, 2, 3, 4, 5].map((step) => colour(`scale-${step}`)), STEPS);
  const known = column.values.filter((/** @type {any} */ value) => value !== null).sort((/** @type {number} */ a, /** @type {number} */ b) => a - b);
  const at = (/** @type {number} */ share) => known[Math.round(share * (known.length - 1))] ?? 0;
  // A few values that are far off would leave the others one colour.
  const [low, high] = known.length >= 20 ? [at(0.02), at(0.98)] : [at(0), at(1)];
  /** @param {number | null} value */
  const share = (value) => {
    if (value === null) return 0;
    const found = high > low ? Math.min(1, Math.max(0, (value - low) / (high - low))) : 0.5;
    return column.maximize === false ? 1 - found : found;
  };
  return {
    scale, low, high, share,
    /** The index in `scale`. @param {number | null} value */
    step: (value) => Math.min(STEPS - 1, Math.floor(share(value) * STEPS)),
  };
}
