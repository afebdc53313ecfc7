// @ts-check
// Shows the view that the address names, and keeps it up to date.

import { el } from "./dom.js";
import { prepare } from "./plot.js";
import { address, parse } from "./router.js";
import { embedded, live } from "./source.js";
import { colour, start as startTheme } from "./theme.js";
import { VIEWS } from "./views.js";

const data = document.getElementById("documents");
const source = data ? embedded(JSON.parse(data.textContent ?? "{}")) : live();
const main = /** @type {HTMLElement} */ (document.getElementById("main"));
const notice = /** @type {HTMLElement} */ (document.getElementById("notice"));

/** What is shown. @type {{key: string, view: any, docs: any[], context: any} | null} */
let shown = null;
let turn = 0; // counts calls of `show`, so that a slow answer does not replace a newer one
let isStale = false; // whether something changed while the page was hidden
let isBusy = false;
/** @type {Set<string>} */
const gone = new Set();

/** Show the view of the address, or update it. */
async function show() {
  const mine = ++turn;
  const route = parse(location.hash, source.only);
  const view = Object.hasOwn(VIEWS, route.view) ? VIEWS[route.view] : null;
  if (!view) return fail("There is no such page.", route);
  const key = keyOf(route);
  const context = { route, source, go, theme: { colour }, el };
  let docs;
  try {
    docs = await Promise.all(view.documents(route).map((/** @type {string} */ each) => source.get(each)));
  } catch (error) {
    if (mine !== turn) return undefined;
    return lost(/** @type {any} */ (error), route, key);
  }
  if (mine !== turn) return undefined;
  try {
    draw(view, route, key, docs, context);
  } catch (error) {
    console.error(error);
    fail(`This view cannot be drawn: ${/** @type {any} */ (error).message}. Reload the page.`, route);
  }
  return undefined;
}

/** Draw a view or update it. @param {any} view @param {any} route @param {string} key @param {any[]} docs @param {any} context */
function draw(view, route, key, docs, context) {
  say("");
  navigate(route);
  if (shown?.key === key && view.update) {
    const changed = docs.some((doc, at) => doc !== shown?.docs[at]);
    shown.context.route = route;
    if (changed) view.update(main, docs, shown.context);
    shown.docs = docs;
    return;
  }
  const isFirst = shown === null;
  clear();
  view.render(main, docs, context);
  // A view may write its address in a form of its own.
  shown = { key: keyOf(parse(location.hash, source.only)), view, docs, context };
  document.title = [title(view, route), route.name, "Heirloom"].filter(Boolean).join(" · ");
  main.setAttribute("aria-busy", "false");
  if (!isFirst) {
    scrollTo(0, 0);
    main.focus({ preventScroll: true });
  }
}

function clear() {
  shown?.view.destroy?.();
  shown = null;
  main.replaceChildren();
}

/** @param {any} error @param {any} route @param {string} key */
function lost(error, route, key) {
  // What is shown stays while the server is away or refuses; `watch` calls back when it answers.
  if (error.status !== 404 && shown?.key === key) return say(`${error.message} What is shown may be old.`);
  if (error.status === undefined) console.error(error);
  return fail(error.message, route);
}

/** @param {string} words @param {any} route */
function fail(words, route) {
  clear();
  navigate(route);
  document.title = "Heirloom";
  main.append(el("p", { class: "note", role: "alert" }, words));
  main.setAttribute("aria-busy", "false");
}

/** @param {string} words */
function say(words) {
  notice.hidden = !words;
  if (notice.textContent !== words) notice.textContent = words;
}

/** Go to an address; with `replace` without a step in the browser's history. @param {string} hash */
function go(hash, { replace = false } = {}) {
  if (!replace) {
    location.hash = hash;
    return;
  }
  if (hash !== location.hash) history.replaceState(null, "", hash); // browsers limit how often
  if (shown) shown.key = keyOf(parse(hash, source.only)); // the view shows that already
}

/** What of an address makes another picture. @param {any} route */
function keyOf(route) {
  return JSON.stringify([route.name, route.view, route.id, route.query.toString()]);
}

/** The links to the views. @param {any} route */
function navigate(route) {
  const links = source.only === null ? [link("All experiments", "#/", route.view === "overview")] : [];
  if (route.name !== null) {
    links.push(link(route.name, address(route.name), route.view === "experiment"));
    for (const [name, view] of Object.entries(VIEWS)) {
      if (view.inMenu) links.push(link(title(view, route), address(route.name, name), route.view === name));
    }
  }
  const nav = /** @type {HTMLElement} */ (document.getElementById("nav"));
  const signature = JSON.stringify([route.name, route.view]);
  if (nav.dataset.shown === signature) return;
  nav.dataset.shown = signature;
  nav.replaceChildren(...links);
}

/** @param {string} words @param {string} href @param {boolean} isCurrent */
function link(words, href, isCurrent) {
  return el("a", { href, "aria-current": isCurrent ? "page" : null }, words);
}

/** @param {any} view @param {any} route */
function title(view, route) {
  return typeof view.title === "function" ? view.title(route) : view.title;
}

const SHARE = 5; // how much longer than an update took the next one is waited for
const PAUSE = [1000, 30_000]; // milliseconds, at least and at most

/** Ask again for what is shown: not while nobody sees it, and rarely where that takes long. */
async function refresh() {
  isStale = true;
  if (isBusy || document.hidden) return;
  isBusy = true;
  try {
    while (isStale && !document.hidden) {
      isStale = false;
      const start = performance.now();
      await show();
      const pause = Math.min(PAUSE[1], Math.max(PAUSE[0], SHARE * (performance.now() - start)));
      await new Promise((resolve) => { setTimeout(resolve, pause); });
    }
  } finally {
    isBusy = false;
  }
}

/** @param {{type: string, experiment?: string}} event */
function onEvent(event) {
  const { name } = parse(location.hash, source.only);
  if (event.type === "lost") return say("The server does not answer. What is shown may be old.");
  if (event.type === "gone" && event.experiment === name) {
    gone.add(String(name));
    return say(`${name} was removed. What is shown was its last state.`);
  }
  if (event.type === "change" && event.experiment) gone.delete(event.experiment);
  if (event.type === "open" || name === null || event.experiment === name) {
    if (name === null || !gone.has(name)) refresh();
  }
  return undefined;
}

prepare();
startTheme();
document.getElementById("skip")?.addEventListener("click", (event) => {
  event.preventDefault();
  main.focus();
});
addEventListener("hashchange", show);
document.addEventListener("visibilitychange", () => { if (!document.hidden && isStale) refresh(); });
source.watch(onEvent);
show();
