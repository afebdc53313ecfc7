// @ts-check
// The numbers at the borders of the lineage: trials or generations below, values at the left.

import { font } from "../understanding/canvas.js";
import { short, steps } from "../understanding/scale.js";

/**
 * @param {CanvasRenderingContext2D} pen @param {any} scene @param {any} view the camera
 * @param {{width: number, height: number}} size @param {{grid: string, soft: string}} colours
 */
export function grid(pen, scene, view, { width, height }, colours) {
  const [left] = view.place(0, 0);
  const [right] = view.place(width, 0);
  pen.font = font(pen.canvas);
  pen.textAlign = "center";
  pen.textBaseline = "bottom";
  for (const each of steps(left, right, Math.max(2, width / 110))) {
    if (!Number.isInteger(each) || each < 0) continue;
    const x = Math.round(view.x(each));
    pen.fillStyle = colours.grid;
    pen.fillRect(x, 0, 1, height - 18);
    pen.fillStyle = colours.soft;
    pen.fillText(String(each), x, height - 2);
  }
  if (scene.up !== "value") return;
  const [, low] = view.place(0, height);
  const [, high] = view.place(0, 0);
  pen.textAlign = "left";
  pen.textBaseline = "middle";
  for (const each of steps(low, high, Math.max(2, height / 70))) {
    const y = Math.round(view.y(each));
    if (y > height - 24) continue;
    pen.fillStyle = colours.grid;
    pen.fillRect(0, y, width, 1);
    pen.fillStyle = colours.soft;
    pen.fillText(short(each), 4, y - 8);
  }
}
