// @ts-check
// Where documents come from: a server, or the page itself.

import { fromRow } from "./parts/row.js";

/** A document that cannot be had. `status` is that of HTTP; 0 where the server does not answer. */
export class DocumentError extends Error {
  /** @param {number} status @param {string} message */
  constructor(status, message) {
    super(message);
    this.status = status;
  }
}

const AGAIN = 3000; // milliseconds after which a refused stream of events is asked for again
const LIMIT = 120_000; // milliseconds that an answer may take; the longest known takes 9 seconds
const KEPT = 64; // documents, for which the server is asked whether they have changed

/** The documents of a server. */
export function live() {
  /** @type {Map<string, {tag: string, value: any}>} */
  const kept = new Map();
  /** @type {string[]} */
  let actions = [];
  let ahead = 0; // milliseconds by which the server's clock is ahead of this one
  return {
    live: true,
    /** The time of the server, in seconds since the epoch. */
    now: () => (Date.now() + ahead) / 1000,
    /** @type {string | null} */
    only: null,
    /** @param {string} action */
    can: (action) => actions.includes(action),
    /**
     * The same object as before where the document has not changed.
     * @param {string} address
     */
    async get(address) {
      const old = kept.get(address);
      const { response, body } = await send(`api/${address}`, { headers: old ? { "If-None-Match": old.tag } : {} });
      const date = Date.parse(response.headers.get("Date") ?? "");
      if (date) ahead = date - Date.now();
      const value = response.status === 304 && old ? old.value : JSON.parse(body);
      const tag = response.headers.get("ETag");
      kept.delete(address);
      if (tag) kept.set(address, { tag, value });
      if (kept.size > KEPT) kept.delete(/** @type {string} */ (kept.keys().next().value));
      if (address.endsWith("/summary")) actions = value?.actions ?? [];
      return value;
    },
    /**
     * Call back with `change`, `gone`, `lost` and `open`. While the page is hidden no event arrives:
     * a browser opens few connections to one server, whatever the number of pages.
     * @param {(event: {type: string, experiment?: string, state?: string}) => void} callback
     */
    watch(callback) {
      /** @type {EventSource | null} */
      let events = null;
      const stop = () => {
        events?.close();
        events = null;
      };
      const start = () => {
        if (events || document.hidden) return;
        events = new EventSource("api/events");
        for (const type of ["change", "gone"]) {
          events.addEventListener(type, (event) => callback({ ...JSON.parse(event.data), type }));
        }
        events.addEventListener("open", () => callback({ type: "open" }));
        events.addEventListener("error", () => {
          callback({ type: "lost" });
          if (events?.readyState !== EventSource.CLOSED) return; // the browser tries again itself
          stop();
          setTimeout(start, AGAIN);
        });
      };
      document.addEventListener("visibilitychange", () => (document.hidden ? stop() : start()));
      start();
    },
    /**
     * Ask for something to be done. The answer is what the command would have printed.
     * @param {string} name of the experiment @param {Record<string, any>} body
     */
    async request(name, body) {
      const headers = { "Content-Type": "application/json", "X-Heirloom": "1" };
      const path = `api/${encodeURIComponent(name)}/requests`;
      const { body: answer } = await send(path, { method: "POST", headers, body: JSON.stringify(body) });
      try {
        return JSON.parse(answer).text ?? answer;
      } catch {
        return answer;
      }
    },
  };
}

/** The documents in the page. @param {Record<string, any>} documents */
export function embedded(documents) {
  const [first = ""] = Object.keys(documents).filter((address) => address.includes("/"));
  return {
    live: false,
    now: () => Date.now() / 1000,
    only: decodeURIComponent(first.split("/")[0]),
    can: () => false,
    /** @param {string} address */
    async get(address) {
      if (Object.hasOwn(documents, address)) return documents[address];
      const [name, kind, id] = address.split("/");
      const found = kind === "trial" ? fromRow(documents[`${name}/trials`], Number(id)) : null;
      if (found) return found;
      throw new DocumentError(404, "This file does not hold that. The live page shows it: heirloom serve");
    },
    watch() {},
    /** @returns {Promise<string>} */
    async request() {
      throw new DocumentError(405, "A file cannot change a search.");
    },
  };
}

/** @param {string} path @param {RequestInit} options */
async function send(path, options) {
  let response, body;
  try {
    const signal = AbortSignal.timeout(LIMIT);
    response = await fetch(path, { ...options, signal, cache: "no-store", credentials: "same-origin" });
    body = await response.text(); // the time limit and a server that ends are met here as well
  } catch {
    throw new DocumentError(0, "The server does not answer.");
  }
  if (response.ok || response.status === 304) return { response, body };
  const words = body.slice(0, 4000);
  let error = words;
  try {
    error = JSON.parse(words).error ?? words;
  } catch {
    // The answer is plain text.
  }
  throw new DocumentError(response.status, error || `The server answered ${response.status}.`);
}
