// @ts-check
// A trial's document made of its row in the table, where a file holds no more of it.

/**
 * The document, or null where the table has no such trial.
 * @param {any} doc that of the table @param {number} id
 */
export function fromRow(doc, id) {
  const columns = doc?.columns ?? [];
  const at = columns.find((/** @type {any} */ column) => column.name === "id")?.values.indexOf(id) ?? -1;
  if (at < 0) return null;
  const of = (/** @type {string} */ kind) => Object.fromEntries(columns
    .filter((/** @type {any} */ column) => column.kind === kind && column.values[at] !== null)
    .map((/** @type {any} */ column) => [column.name.replace(`${kind}.`, ""), column.values[at]]));
  const own = of("built-in");
  const values = Object.entries(of("values"));
  const result = of("result");
  return {
    ...own,
    attempts: [],
    why: own.reason,
    shown: values.length ? values.map(([name, value]) => `${name} ${value}`).join(", ") : String(own.value ?? ""),
    params: of("params"),
    metrics: of("metrics"),
    result: Object.keys(result).length ? result : null,
    seconds: "time" in own ? { running: own.time } : {},
    isRow: true,
  };
}
