// @ts-check
// Draws a scene on a canvas: lines first, then marks, then what is emphasized.

import { grid } from "./grid.js";
import { outline, sprite } from "./marks.js";

const SMALL = 3; // pixels: smaller marks are squares of one colour
const BATCH = 500; // slanted lines of one path

/**
 * @param {HTMLCanvasElement} canvas
 */
export function painter(canvas) {
  const pen = /** @type {CanvasRenderingContext2D} */ (canvas.getContext("2d"));
  /** @type {Map<string, HTMLCanvasElement>} */
  let sprites = new Map();
  let spritesOf = /** @type {any} */ (null);

  /**
   * @param {any} scene
   * @param {any} view the camera
   * @param {{width: number, height: number, ratio: number}} size
   * @param {any} marks
   * @param {{related: Uint8Array | null, focus: number, hover: number, best: number, line: number[], imported: number[], ink: string, accent: string, rule: string, grid: string, soft: string}} look
   *   `related` is 1 for relatives of the focus, `line` the trials of the emphasized line
   */
  function paint(scene, view, size, marks, look) {
    if (spritesOf !== marks) { sprites = new Map(); spritesOf = marks; }
    pen.setTransform(size.ratio, 0, 0, size.ratio, 0, 0);
    pen.clearRect(0, 0, size.width, size.height);
    const { x, y } = screen(scene, view);
    const radius = radiusOf(scene, view);
    grid(pen, scene, view, size, look);
    lines(scene, x, y, size, look);
    drawMarks(scene, x, y, size, marks, radius, look);
    if (look.best >= 0) special(x[look.best], y[look.best], "star", radius + 5, marks, look.accent);
    for (const at of look.imported) special(x[at], y[at], "hexagon", radius + 2, marks, "");
    for (const at of new Set([look.hover, look.focus])) if (at >= 0) ring(x[at], y[at], radius + 4, look);
  }

  /** @param {any} scene @param {Float64Array} x @param {Float64Array} y @param {any} size @param {any} look */
  function lines(scene, x, y, size, look) {
    const { related } = look;
    const isSlanted = scene.up === "value";
    // Of many lines each is faint, so that the marks stay in front.
    pen.globalAlpha = (related ? 0.4 : 1) * Math.min(0.8, 0.15 + 150 / scene.count);
    draw(look.rule, 1, (at) => !related || !related[at]);
    pen.globalAlpha = 1;
    if (related) draw(look.accent, 1, (at, from) => Boolean(related[at] && related[from]));
    const onLine = new Set(look.line);
    draw(look.accent, 3, (at, from) => onLine.has(at) && onLine.has(from), look.line);

    /**
     * @param {string} colour @param {number} width @param {(at: number, from: number) => boolean} isWanted
     * @param {number[]} [only]
     */
    function draw(colour, width, isWanted, only) {
      pen.fillStyle = colour;
      pen.strokeStyle = colour;
      pen.lineWidth = width;
      let open = 0;
      const one = (/** @type {number} */ from, /** @type {number} */ at) => {
        if (from < 0 || !isWanted(at, from) || isOutside(x, y, from, at, size)) return;
        if (!isSlanted) return elbow(x[from], y[from], x[at], y[at], width);
        if (!open) pen.beginPath();
        pen.moveTo(x[from], y[from]);
        pen.lineTo(x[at], y[at]);
        open += 1;
        if (open === BATCH) { pen.stroke(); open = 0; }
        return undefined;
      };
      if (only) for (const at of only) one(scene.parent[at], at);
      else for (let at = 0; at < scene.count; at += 1) one(scene.parent[at], at);
      if (!only) scene.doc.others.to.forEach((/** @type {number} */ at, /** @type {number} */ number) => one(scene.doc.others.from[number], at));
      if (open) pen.stroke();
    }
  }

  /** Down from the parent, then across to the child, on whole pixels. @param {number} fromX @param {number} fromY @param {number} toX @param {number} toY @param {number} width */
  function elbow(fromX, fromY, toX, toY, width) {
    const half = width >> 1;
    const [left, up, down] = [Math.round(fromX) - half, Math.round(Math.min(fromY, toY)) - half, Math.round(Math.max(fromY, toY)) - half];
    if (down > up) pen.fillRect(left, up, width, down - up + width);
    const across = Math.round(toX) - left;
    if (across > 1) pen.fillRect(left, Math.round(toY) - half, across, width);
  }

  /** @param {any} scene @param {Float64Array} x @param {Float64Array} y @param {any} size @param {any} marks @param {number} radius @param {any} look */
  function drawMarks(scene, x, y, size, marks, radius, look) {
    const { related } = look;
    const reach = radius + 2;
    for (const isNear of related ? [false, true] : [true]) {
      pen.globalAlpha = related && !isNear ? 0.25 : 1;
      let kind = -1;
      let picture = /** @type {HTMLCanvasElement | null} */ (null);
      for (const at of marks.order) {
        if (related && Boolean(related[at]) !== isNear) continue;
        const [left, top] = [x[at], y[at]];
        if (!(left > -reach && left < size.width + reach && top > -reach && top < size.height + reach)) continue;
        if (marks.of[at] !== kind) {
          kind = marks.of[at];
          pen.fillStyle = marks.kinds[kind].fill;
          picture = radius < SMALL ? null : picturesOf(marks, kind, radius, size.ratio);
        }
        if (picture) {
          const wide = picture.width / size.ratio;
          pen.drawImage(picture, left - wide / 2, top - wide / 2, wide, wide);
        } else {
          pen.fillRect(Math.round(left - radius), Math.round(top - radius), Math.ceil(2 * radius), Math.ceil(2 * radius));
        }
      }
    }
    pen.globalAlpha = 1;
  }

  /** @param {any} marks @param {number} kind @param {number} radius @param {number} ratio */
  function picturesOf(marks, kind, radius, ratio) {
    const key = `${kind} ${radius} ${ratio}`;
    let found = sprites.get(key);
    if (!found) {
      found = sprite(marks.kinds[kind], radius, ratio, marks);
      if (sprites.size > 500) sprites.clear();
      sprites.set(key, found);
    }
    return found;
  }

  /** @param {number} x @param {number} y @param {string} shape @param {number} radius @param {any} marks @param {string} fill */
  function special(x, y, shape, radius, marks, fill) {
    pen.save();
    pen.translate(x, y);
    outline(pen, shape, radius);
    if (fill) { pen.fillStyle = fill; pen.fill(); }
    pen.strokeStyle = fill ? marks.paper : marks.edge;
    pen.lineWidth = 1.5;
    pen.stroke();
    pen.restore();
  }

  /** @param {number} x @param {number} y @param {number} radius @param {any} look */
  function ring(x, y, radius, look) {
    pen.beginPath();
    pen.arc(x, y, radius, 0, 2 * Math.PI);
    pen.strokeStyle = look.ink;
    pen.lineWidth = 2;
    pen.stroke();
  }

  return { paint };
}

/** The radius of marks: as large as there is room for. @param {any} scene @param {any} view */
export function radiusOf(scene, view) {
  const room = scene.up === "family" ? Math.min(view.wide * 1.5, view.tall * 1.2) : view.wide * 2;
  const least = scene.count > 1500 ? 1.5 : 3;
  return Math.round(2 * Math.min(7, Math.max(least, room * 0.5))) / 2;
}

/** @type {Float64Array[]} */
let kept = [];

/** Where trials are on the canvas. @param {any} scene @param {any} view */
function screen(scene, view) {
  if (kept[0]?.length !== scene.count) kept = [new Float64Array(scene.count), new Float64Array(scene.count)];
  const [x, y] = kept;
  for (let at = 0; at < scene.count; at += 1) {
    x[at] = scene.x[at] * view.wide + view.left;
    y[at] = scene.y[at] * view.tall + view.top;
  }
  return { x, y };
}

/** Whether a line is outside of the canvas, or has an end without a place. @param {Float64Array} x @param {Float64Array} y @param {number} from @param {number} to @param {any} size */
function isOutside(x, y, from, to, size) {
  if (Number.isNaN(y[from]) || Number.isNaN(y[to])) return true;
  return Math.max(x[from], x[to]) < 0 || Math.min(x[from], x[to]) > size.width
    || Math.max(y[from], y[to]) < 0 || Math.min(y[from], y[to]) > size.height;
}
