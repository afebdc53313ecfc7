// @ts-check
// The views by the name in their address. A view is an object:
//
//   title: string, or (route) => string
//   inMenu: whether it is a view of an experiment with a link at the top of the page
//   documents(route): the addresses of the documents that it shows
//   render(root, documents, context): fill an element; the documents are in the same order
//   update(root, documents, context): optional, when some documents have changed; without it the
//     view is rendered again
//   destroy(): optional, when another view follows
//
// `context` holds `route`, `source`, `go(hash)`, `theme` and `el`.

import experiment from "./views/experiment.js";
import lineage from "./views/lineage.js";
import overview from "./views/overview.js";
import trial from "./views/trial.js";
import trials from "./views/trials.js";
import understanding from "./views/understanding.js";

/** @type {Record<string, any>} */
export const VIEWS = { overview, experiment, trials, trial, lineage, understanding };
