// @ts-check
// Steps from a trial to a relative.

/**
 * The trial to the left (the first parent), to the right (the child with the best value), above or
 * below (a sibling); the trial itself where there is none. Without a trial it is the best one.
 * @param {any} scene @param {number} from @param {string} key
 */
export function walk(scene, from, key) {
  if (from < 0) return scene.index.get(scene.doc.best) ?? (scene.count ? 0 : -1);
  if (key === "ArrowLeft") return scene.parent[from] < 0 ? from : scene.parent[from];
  if (key === "ArrowRight") return bestOf(scene, scene.children[from]) ?? from;
  const parent = scene.parent[from];
  const row = parent < 0 ? roots(scene) : scene.children[parent];
  const isUp = key === "ArrowUp";
  const step = isUp === (scene.up === "family") ? -1 : 1;
  const sorted = [...row].filter((at) => !Number.isNaN(scene.y[at])).sort((a, b) => scene.y[a] - scene.y[b]);
  return sorted[sorted.indexOf(from) + step] ?? from;
}

/** The trial with the best value, the first of all without any. @param {any} scene @param {number[]} among */
export function bestOf(scene, among) {
  const { value } = scene.doc.trials;
  const sign = scene.doc.objective.maximize ? 1 : -1;
  let found = among[0];
  for (const at of among) if (score(at) > score(found)) found = at;
  return found;

  /** @param {number} at */
  function score(at) {
    return value[at] === null ? -Infinity : sign * value[at];
  }
}

/** @param {any} scene */
function roots(scene) {
  return scene.parent.flatMap((/** @type {number} */ parent, /** @type {number} */ at) => (parent < 0 ? [at] : []));
}
