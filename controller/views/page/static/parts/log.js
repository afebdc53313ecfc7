// @ts-check
// The log of a trial: it follows what is written, and is searched.

import { el } from "../dom.js";
import { bytes } from "../format.js";

const EVERY = 2000; // milliseconds between two looks at a log that grows
const KEPT = 400_000; // characters that are shown
const LATEST = 200_000; // bytes before the end with which it begins
const MARKS = 2000; // places that a search marks

/**
 * @param {any} context
 * @param {{id: number, attempts: number[], isRunning: boolean}} trial
 */
export function log(context, trial) {
  const { name } = context.route;
  const output = el("pre", { class: "log", tabindex: 0, "aria-label": "Log", "data-key": "log" });
  const attempt = el("select");
  const follow = el("input", { type: "checkbox", checked: trial.isRunning });
  const search = el("input", { type: "search", placeholder: "error", autocomplete: "off" });
  const found = el("output");
  const status = el("span", { class: "soft" });
  const root = el("div", null,
    el("p", { class: "controls" }, el("label", null, "Log of ", attempt), el("label", null, follow, " follow"),
      el("label", null, "Search ", search), found,
      el("button", { type: "button", onclick: () => step(1) }, "next"), el("button", { type: "button", onclick: () => step(-1) }, "previous"), status),
    output);
  let text = "";
  let from = -LATEST; // the byte that is read next; a negative one counts from the end
  let isCut = false; // whether the beginning is not shown
  let at = -1; // the place of the search that was gone to
  let timer = 0;
  let turn = 0;

  async function read() {
    const mine = ++turn; // a read that is under way adds nothing any more
    clearTimeout(timer);
    try {
      for (;;) {
        const query = new URLSearchParams({ attempt: attempt.value, from: String(from) });
        const piece = await context.source.get(`${encodeURIComponent(name)}/log/${trial.id}?${query}`);
        if (mine !== turn || !root.isConnected) return;
        if (from < 0 && piece.from > 0) isCut = true;
        add(piece.text ?? "");
        const isEnd = piece.next <= from || piece.next >= piece.size;
        from = Math.max(from, piece.next);
        status.textContent = bytes(piece.size);
        if (piece.ended && isEnd) return;
        if (isEnd) break;
      }
    } catch (error) {
      status.textContent = /** @type {Error} */ (error).message;
    }
    if (follow.checked && mine === turn && root.isConnected) timer = setTimeout(again, EVERY);
  }

  function again() {
    if (document.hidden) timer = setTimeout(again, EVERY);
    else read();
  }

  /** @param {string} piece */
  function add(piece) {
    if (!piece) return;
    const isAtEnd = output.scrollTop + output.clientHeight >= output.scrollHeight - 8;
    text += piece;
    if (text.length > KEPT) {
      isCut = true;
      text = text.slice(-KEPT);
    }
    show();
    if (isAtEnd || follow.checked) output.scrollTop = output.scrollHeight;
  }

  function show() {
    const words = search.value;
    const parts = isCut ? [el("span", { class: "soft" }, "… the beginning is left out: heirloom logs prints it\n")] : [];
    if (!words) {
      output.replaceChildren(...parts, text);
      found.textContent = "";
      return;
    }
    const lower = text.toLowerCase();
    const wanted = words.toLowerCase();
    let end = 0;
    let count = 0;
    for (let start = lower.indexOf(wanted); start >= 0 && count < MARKS; start = lower.indexOf(wanted, end)) {
      parts.push(text.slice(end, start), el("mark", null, text.slice(start, start + wanted.length)));
      end = start + wanted.length;
      count += 1;
    }
    output.replaceChildren(...parts, text.slice(end));
    found.textContent = count ? `${count}${count === MARKS ? " or more" : ""} found` : "not found";
  }

  /** @param {number} by */
  function step(by) {
    const marks = output.querySelectorAll("mark");
    if (!marks.length) return;
    follow.checked = false;
    at = (at < 0 && by < 0 ? marks.length : at + marks.length) + by;
    at %= marks.length;
    for (const mark of output.querySelectorAll("mark.current")) mark.classList.remove("current");
    marks[at].classList.add("current");
    marks[at].scrollIntoView({ block: "center" });
    found.textContent = `${at + 1} of ${marks.length}`;
  }

  search.addEventListener("input", () => { at = -1; show(); });
  search.addEventListener("keydown", (/** @type {KeyboardEvent} */ event) => { if (event.key === "Enter") step(event.shiftKey ? -1 : 1); });
  follow.addEventListener("change", () => { if (follow.checked) read(); });
  attempt.addEventListener("change", begin);

  /** Read the log of the chosen attempt from its beginning. */
  function begin() {
    [text, from, isCut] = ["", -LATEST, false];
    output.replaceChildren();
    read();
  }

  /** Offer these attempts. Who follows the newest one is shown a newer one. @param {number[]} numbers */
  function update(numbers) {
    const before = attempt.options.length;
    if (numbers.length === before) return;
    const isNewest = attempt.selectedIndex === before - 1;
    attempt.append(...numbers.slice(before).map((number) => el("option", { value: number }, `attempt ${number}`)));
    if (before && !(isNewest && follow.checked)) return;
    attempt.selectedIndex = numbers.length - 1;
    queueMicrotask(begin);
  }

  update(trial.attempts);
  return {
    root,
    update,
    destroy() {
      turn += 1;
      clearTimeout(timer);
    },
  };
}
