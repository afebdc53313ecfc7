// @ts-check
// The colour scheme: that of the system, or the reader's choice, which the browser keeps.

const KEY = "heirloom-colours";
const dark = matchMedia("(prefers-color-scheme: dark)");
/** @type {Set<() => void>} */
const listeners = new Set();

/** Connect the control of the page. */
export function start() {
  const control = /** @type {HTMLSelectElement} */ (document.getElementById("theme"));
  control.value = chosen();
  apply(control.value);
  control.addEventListener("change", () => {
    try {
      localStorage.setItem(KEY, control.value);
    } catch {
      // A file may have no storage: the choice is for this visit.
    }
    apply(control.value);
  });
  for (const event of ["beforeprint", "afterprint"]) {
    addEventListener(event, () => {
      apply(event === "beforeprint" ? "light" : control.value);
    });
  }
  dark.addEventListener("change", () => apply(control.value));
}

/** Be told when the colours change. Returns what ends that. @param {() => void} listener */
export function onChange(listener) {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

/** A colour of page.css by its name, such as `ink`. @param {string} name */
export function colour(name) {
  return getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim();
}

function chosen() {
  try {
    const value = localStorage.getItem(KEY) ?? "auto";
    return ["auto", "light", "dark"].includes(value) ? value : "auto";
  } catch {
    return "auto";
  }
}

/** @param {string} value */
function apply(value) {
  const isDark = value === "dark" || (value === "auto" && dark.matches);
  document.documentElement.dataset.theme = isDark ? "dark" : "light";
  for (const listener of listeners) listener();
}
