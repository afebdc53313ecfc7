// @ts-check
// Numbers, times and sizes as text.

/** Six significant digits, as the commands print them; empty for none. @param {any} value */
export function number(value) {
  if (typeof value !== "number") return "";
  if (Number.isInteger(value) && Math.abs(value) < 1e15) return String(value);
  return String(Number(value.toPrecision(6)));
}

/** Anything that JSON holds. @param {any} value */
export function text(value) {
  if (value === null || value === undefined) return "";
  if (typeof value === "number") return number(value);
  return typeof value === "string" ? value : JSON.stringify(value);
}

/** `48 s`, `12 min 5 s`, `3 h 7 min`, `2 d 4 h`. @param {number | null | undefined} seconds */
export function duration(seconds) {
  if (typeof seconds !== "number") return "";
  const exact = Math.max(0, seconds); // clocks of two machines may differ
  const whole = Math.round(exact);
  for (const [size, unit, below, name] of /** @type {[number, string, number, string][]} */ (
    [[86400, "d", 3600, "h"], [3600, "h", 60, "min"], [60, "min", 1, "s"]])) {
    if (whole >= size) return `${Math.floor(whole / size)} ${unit} ${Math.floor((whole % size) / below)} ${name}`;
  }
  return exact < 10 && exact % 1 ? `${exact.toFixed(1)} s` : `${whole} s`;
}

/** Local date and time. @param {number | null | undefined} at seconds since the epoch */
export function clock(at) {
  if (typeof at !== "number") return "";
  const two = (/** @type {number} */ part) => String(part).padStart(2, "0");
  const date = new Date(at * 1000);
  const day = [date.getFullYear(), two(date.getMonth() + 1), two(date.getDate())].join("-");
  return `${day} ${[date.getHours(), date.getMinutes(), date.getSeconds()].map(two).join(":")}`;
}

/** `1.5 MB`, in powers of 1000. @param {number | null | undefined} bytes */
export function bytes(bytes) {
  if (typeof bytes !== "number") return "";
  const units = ["bytes", "kB", "MB", "GB", "TB", "PB"];
  let at = 0;
  let amount = bytes;
  while (amount >= 1000 && at < units.length - 1) { amount /= 1000; at += 1; }
  return at ? `${amount.toFixed(1)} ${units[at]}` : `${bytes} bytes`;
}

/** `1 trial`, `3 trials`. @param {number} count @param {string} what */
export function counted(count, what) {
  return `${count.toLocaleString("en")} ${what}${count === 1 ? "" : "s"}`;
}
