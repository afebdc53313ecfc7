// @ts-check
// Requests to a search: as a command to copy, and on a live page as a button that asks first.

import { el } from "../dom.js";

/**
 * @typedef {object} Action
 * @property {string} request cancel, retry, stop or extend
 * @property {string} label of the button
 * @property {string} question what the dialog asks
 * @property {string} command the same as a command
 * @property {Record<string, any>} [body] what the request says beside its name
 * @property {{name: string, label: string, value: string, option: string}[]} [fields] numbers or
 *   times to fill in; a field that is filled in is added to the body and to the command
 */

/**
 * The buttons and commands of actions.
 * @param {any} context @param {Action[]} actions
 */
export function actions(context, actions) {
  return el("ul", { class: "actions", "aria-label": "Actions" }, actions.map((action) => {
    const isAllowed = context.source.can(action.request);
    return el("li", null,
      isAllowed && el("button", { type: "button", "data-key": `action ${action.label}`, onclick: () => ask(context, action) }, action.label),
      copyable(action.command, isAllowed ? "" : action.label));
  }));
}

/**
 * A command, or a path, with a button that copies it.
 * @param {string} line @param {string} [label] what the command does
 */
export function copyable(line, label = "") {
  const button = el("button", { type: "button", class: "copy", "aria-label": `Copy: ${line}`, "data-key": `copy ${line}` }, "copy");
  button.addEventListener("click", async () => {
    try {
      await navigator.clipboard.writeText(line);
      button.textContent = "copied";
    } catch {
      // Without a clipboard, as in a page over plain HTTP, the text is selected instead.
      getSelection()?.selectAllChildren(button.previousElementSibling);
      button.textContent = "selected";
    }
    setTimeout(() => { button.textContent = "copy"; }, 2000);
  });
  return el("span", { class: "command" }, label && `${label}: `, el("code", null, line), " ", button);
}

/** A word as a POSIX shell reads it. @param {string} word */
function quoted(word) {
  return /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\"'\"'")}'`;
}

/** @param {any} context @param {Action} action */
function ask(context, action) {
  const answer = el("p", { role: "status", class: "answer" });
  const fields = (action.fields ?? []).map((field) => ({ ...field, input: el("input", { name: field.name, value: field.value, size: 8 }) }));
  const body = () => ({
    request: action.request,
    ...action.body,
    ...Object.fromEntries(fields.filter((field) => field.input.value.trim()).map((field) => [field.name, field.input.value.trim()])),
  });
  const code = el("code");
  const show = () => {
    const options = fields.flatMap((field) => (field.input.value.trim() ? [field.option, field.input.value.trim()] : []));
    code.textContent = [action.command, ...options.map(quoted)].join(" ");
  };
  const close = el("button", { type: "button", onclick: () => dialog.close() }, "Close");
  const confirm = el("button", { type: "submit", class: "primary" }, action.label);
  const form = el("form", { method: "dialog" },
    el("h2", null, action.label), el("p", null, action.question),
    fields.map((field) => el("p", null, el("label", null, field.label, " ", field.input))),
    el("p", { class: "soft" }, "The same as a command: ", code),
    el("p", { class: "buttons" }, confirm, close), answer);
  const dialog = el("dialog", { "aria-label": action.label }, form);
  for (const field of fields) field.input.addEventListener("input", show);
  form.addEventListener("submit", async (/** @type {Event} */ event) => {
    event.preventDefault();
    confirm.disabled = true;
    answer.className = "answer";
    answer.textContent = "Asking …";
    try {
      answer.textContent = await context.source.request(context.route.name, body());
      confirm.hidden = true;
      close.focus();
    } catch (error) {
      answer.className = "answer failed";
      answer.textContent = /** @type {Error} */ (error).message;
      confirm.disabled = false;
    }
  });
  dialog.addEventListener("close", () => dialog.remove());
  show();
  document.body.append(dialog);
  dialog.showModal();
}
