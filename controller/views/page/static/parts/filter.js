// @ts-check
// Which rows of a table are shown, and in which order.

import { text } from "../format.js";

/** @typedef {{name: string, kind: string, values: any[]}} Column */
/** @typedef {(row: number) => boolean} Test */

const collator = new Intl.Collator("en", { numeric: true });
const CONDITION = /^([^<>=!:]+)(<=|>=|!=|[<>=:])(.*)$/;

/**
 * The test of a row that a filter names: words separated by blanks, all of which must hold.
 *
 * `state:failed` is text within a column, `depth=3`, `value>0.9` and the like compare, and any
 * other word is text within any column. Upper and lower case are the same.
 * @param {string} filter @param {Column[]} columns
 * @returns {Test}
 */
export function test(filter, columns) {
  const tests = filter.split(/\s+/).filter(Boolean).map((word) => condition(word, columns) ?? contains(word, columns));
  return (row) => tests.every((each) => each(row));
}

/** @param {string} word @param {Column[]} columns @returns {Test | null} */
function condition(word, columns) {
  const [, name = "", operator = "", wanted = ""] = CONDITION.exec(word) ?? [];
  const column = columns.find((each) => each.name.toLowerCase() === name.toLowerCase());
  if (!column) return null;
  const words = wanted.toLowerCase();
  const cells = lower(column);
  const bound = Number(wanted);
  const value = (/** @type {number} */ row) => column.values[row];
  const isNumber = wanted !== "" && !Number.isNaN(bound);
  const equals = (/** @type {number} */ row) => cells[row] === words || (isNumber && value(row) === bound); // as shown, or exactly
  if (operator === ":") return (row) => cells[row].includes(words);
  if (operator === "=") return equals;
  if (operator === "!=") return (row) => !equals(row);
  if (wanted === "") return () => true; // the number is still to be typed
  /** @type {Record<string, (number: number) => boolean>} */
  const comparisons = { "<": (each) => each < bound, ">": (each) => each > bound, "<=": (each) => each <= bound, ">=": (each) => each >= bound };
  return (row) => typeof value(row) === "number" && comparisons[operator](value(row));
}

/** @type {WeakMap<Column, string[]>} */
const lowered = new WeakMap();

/** The cells of a column in lower case. @param {Column} column */
function lower(column) {
  let found = lowered.get(column);
  if (!found) lowered.set(column, (found = column.values.map((value) => text(value).toLowerCase())));
  return found;
}

/** @param {string} word @param {Column[]} columns @returns {Test} */
function contains(word, columns) {
  const wanted = word.toLowerCase();
  const cells = columns.map(lower);
  return (row) => cells.some((each) => each[row].includes(wanted));
}

/**
 * Rows in the order of a column. Numbers come before text, and rows without a value last.
 * @param {number[]} rows @param {Column} column @param {boolean} descending
 */
export function sorted(rows, column, descending) {
  const sign = descending ? -1 : 1;
  const compare = (/** @type {any} */ one, /** @type {any} */ other) => {
    const [isNumber, isOtherNumber] = [typeof one === "number", typeof other === "number"];
    if (isNumber && isOtherNumber) return one - other;
    if (isNumber !== isOtherNumber) return isNumber ? -1 : 1;
    return collator.compare(text(one), text(other));
  };
  const isEmpty = (/** @type {any} */ value) => value === null || value === undefined || value === "" || (Array.isArray(value) && !value.length);
  const [full, empty] = [[], []].map(() => /** @type {number[]} */ ([]));
  for (const row of rows) (isEmpty(column.values[row]) ? empty : full).push(row);
  full.sort((one, other) => sign * compare(column.values[one], column.values[other]) || one - other);
  return [...full, ...empty];
}

/**
 * Rows as CSV (RFC 4180), with every digit of a number.
 * @param {Column[]} columns @param {number[]} rows
 */
export function csv(columns, rows) {
  const field = (/** @type {any} */ value) => {
    const plain = Array.isArray(value) ? value.join(" ") : typeof value === "string" ? value : value === null || value === undefined ? "" : JSON.stringify(value);
    return /[",\r\n]/.test(plain) ? `"${plain.replaceAll('"', '""')}"` : plain;
  };
  const lines = [columns.map((column) => field(column.name)), ...rows.map((row) => columns.map((column) => field(column.values[row])))];
  return `${lines.map((line) => line.join(",")).join("\r\n")}\r\n`;
}
