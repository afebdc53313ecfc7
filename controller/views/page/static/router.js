// @ts-check
// Addresses of views: `#/NAME/VIEW/ID?key=value`, each part encoded.

/** @typedef {{name: string | null, view: string, id: number | null, query: URLSearchParams}} Route */

/**
 * The view that an address names. An unknown one has the view `unknown`.
 * @param {string} hash
 * @param {string | null} only the experiment of a page that has no other
 * @returns {Route}
 */
export function parse(hash, only) {
  const [path, search = ""] = hash.replace(/^#\/?/, "").split(/\?(.*)/s, 2);
  const query = new URLSearchParams(search);
  const [name = only, view = "experiment", id = null, ...more] = path.split("/").filter(Boolean).map(decode);
  if (name === null) return { name, view: "overview", id: null, query };
  const number = id !== null && /^\d{1,15}$/.test(id) ? Number(id) : null;
  const whole = !more.length && (view === "trial" ? number !== null : id === null);
  return { name, view: whole ? view : "unknown", id: number, query };
}

/**
 * The address of a view.
 * @param {string | null} name @param {string} [view] @param {number | null} [id]
 * @param {URLSearchParams | Record<string, string>} [query]
 */
export function address(name, view = "experiment", id = null, query = {}) {
  if (name === null) return "#/";
  const parts = [encodeURIComponent(name)];
  if (view !== "experiment") parts.push(view);
  if (id !== null) parts.push(String(id));
  const search = new URLSearchParams(query).toString();
  return `#/${parts.join("/")}${search ? `?${search}` : ""}`;
}

/** @param {string} part */
function decode(part) {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}
