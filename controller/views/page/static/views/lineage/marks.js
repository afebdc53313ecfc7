// @ts-check
// The marks of trials: a colour for each value or state, and a shape for each state.

const STEPS = 24; // colours of the scale
/** @type {Record<string, string>} */
const SHAPES = {
  succeeded: "disc", failed: "cross", stopped: "square", skipped: "triangle", cancelled: "diamond",
  running: "ring", armed: "ring", ready: "ring", waiting: "ring",
};

/**
 * The kinds of marks of a document, and the kind of each trial.
 * @param {any} doc
 * @param {"value" | "state"} by
 * @param {(name: string) => string} colour of page.css
 */
export function marks(doc, by, colour) {
  const scale = ramp([0, 1, 2, 3, 4, 5].map((step) => colour(`scale-${step}`)));
  const [low, high] = doc.span;
  const { value, state } = doc.trials;
  const names = doc.states;
  /** @type {{shape: string, fill: string}[]} */
  const kinds = [];
  /** @type {Map<string, number>} */
  const known = new Map();
  const of = new Uint16Array(value.length);
  for (let at = 0; at < value.length; at += 1) {
    const name = names[state[at]];
    const isValued = by === "value" && value[at] !== null && SHAPES[name] !== "ring";
    const share = high > low ? (value[at] - low) / (high - low) : 0.5;
    const better = doc.objective.maximize ? share : 1 - share;
    const step = Math.min(STEPS - 1, Math.max(0, Math.floor(better * STEPS)));
    const key = isValued ? `${name} ${step}` : name;
    let kind = known.get(key);
    if (kind === undefined) {
      kind = kinds.length;
      known.set(key, kind);
      kinds.push({ shape: SHAPES[name] ?? "ring", fill: isValued ? scale[step] : colour(name) });
    }
    of[at] = kind;
  }
  return { kinds, of, order: ordered(of, kinds.length), scale, edge: colour("edge"), paper: colour("paper") };
}

/** The trials sorted by kind, so that the colour changes seldom. @param {Uint16Array} of @param {number} kinds */
function ordered(of, kinds) {
  const starts = new Int32Array(kinds + 1);
  for (const kind of of) starts[kind + 1] += 1;
  for (let kind = 0; kind < kinds; kind += 1) starts[kind + 1] += starts[kind];
  const order = new Int32Array(of.length);
  of.forEach((kind, at) => { order[starts[kind]++] = at; });
  return order;
}

/** Colours between the given ones. @param {string[]} stops */
export function ramp(stops, steps = STEPS) {
  const parts = stops.map((stop) => [1, 3, 5].map((at) => parseInt(stop.slice(at, at + 2), 16)));
  return Array.from({ length: steps }, (_, step) => {
    const place = (step / (steps - 1)) * (parts.length - 1);
    const from = Math.min(parts.length - 2, Math.floor(place));
    const mixed = parts[from].map((part, at) => Math.round(part + (parts[from + 1][at] - part) * (place - from)));
    return `rgb(${mixed.join(" ")})`;
  });
}

/**
 * A mark as a picture, which is drawn faster than its outline.
 * @param {{shape: string, fill: string}} kind @param {number} radius @param {number} ratio device pixels
 * @param {{edge: string, paper: string}} colours
 */
export function sprite({ shape, fill }, radius, ratio, colours) {
  const size = Math.ceil((radius + 2) * ratio) * 2;
  const canvas = document.createElement("canvas");
  canvas.width = size;
  canvas.height = size;
  const pen = /** @type {CanvasRenderingContext2D} */ (canvas.getContext("2d"));
  pen.translate(size / 2, size / 2);
  pen.scale(ratio, ratio);
  outline(pen, shape, radius);
  if (shape === "cross") {
    pen.strokeStyle = fill;
    pen.lineWidth = Math.max(1.5, radius / 2.5);
    pen.stroke();
    return canvas;
  }
  pen.fillStyle = shape === "ring" ? colours.paper : fill;
  pen.strokeStyle = shape === "ring" ? fill : colours.edge;
  pen.lineWidth = shape === "ring" ? Math.max(1.5, radius / 3) : 1;
  pen.fill();
  pen.stroke();
  return canvas;
}

/** @param {CanvasRenderingContext2D} pen @param {string} shape @param {number} radius */
export function outline(pen, shape, radius) {
  /** @type {Record<string, number[][]>} */
  const corners = {
    square: [[-0.85, -0.85], [0.85, -0.85], [0.85, 0.85], [-0.85, 0.85]],
    triangle: [[-1, -0.8], [1, -0.8], [0, 1]],
    diamond: [[0, -1.15], [1.15, 0], [0, 1.15], [-1.15, 0]],
    star: Array.from({ length: 10 }, (_, at) => {
      const [length, angle] = [at % 2 ? 0.5 : 1.2, (Math.PI * at) / 5 - Math.PI / 2];
      return [length * Math.cos(angle), length * Math.sin(angle)];
    }),
    hexagon: Array.from({ length: 6 }, (_, at) => [Math.cos((Math.PI * at) / 3), Math.sin((Math.PI * at) / 3)]),
  };
  pen.beginPath();
  if (shape === "cross") {
    const end = radius * 0.8;
    for (const sign of [1, -1]) { pen.moveTo(-end, -end * sign); pen.lineTo(end, end * sign); }
  } else if (corners[shape]) {
    corners[shape].forEach(([x, y], at) => { if (at) pen.lineTo(x * radius, y * radius); else pen.moveTo(x * radius, y * radius); });
    pen.closePath();
  } else {
    pen.arc(0, 0, radius, 0, 2 * Math.PI);
  }
}
