// @ts-check
// Axes around a picture of two columns.

import { label } from "./canvas.js";

const [LEFT, RIGHT, TOP, BOTTOM] = [56, 12, 10, 40]; // pixels around the picture

/**
 * Draw the axes of two scales, and return where shares of them are.
 * @param {CanvasRenderingContext2D} pen @param {{width: number, height: number}} size
 * @param {any} across @param {any} up scales
 * @param {(name: string) => string} colour of page.css
 */
export function frame(pen, { width, height }, across, up, colour) {
  const [wide, tall] = [width - LEFT - RIGHT, height - TOP - BOTTOM];
  // Categories have room on both sides.
  const inset = (/** @type {any} */ scale, /** @type {number} */ share) => (scale.isCategorical ? 0.08 + 0.84 * share : 0.02 + 0.96 * share);
  const x = (/** @type {number} */ share) => LEFT + wide * inset(across, share);
  const y = (/** @type {number} */ share) => TOP + tall * (1 - inset(up, share));
  pen.strokeStyle = colour("rule");
  pen.lineWidth = 1;
  pen.strokeRect(LEFT + 0.5, TOP + 0.5, wide, tall);
  pen.fillStyle = colour("soft");
  pen.textBaseline = "top";
  pen.textAlign = "center";
  const ticks = across.ticks(Math.max(2, Math.floor(wide / 80)));
  for (const { value, words } of ticks) {
    pen.fillRect(Math.round(x(across.share(value))), TOP + tall, 1, 4);
    label(pen, words, x(across.share(value)), TOP + tall + 6, wide / ticks.length - 4);
  }
  pen.textAlign = "right";
  pen.textBaseline = "middle";
  for (const { value, words } of up.ticks(Math.max(2, Math.floor(tall / 50)))) {
    pen.fillRect(LEFT - 4, Math.round(y(up.share(value))), 4, 1);
    label(pen, words, LEFT - 6, y(up.share(value)), LEFT - 8);
  }
  pen.fillStyle = colour("ink");
  pen.textAlign = "center";
  pen.textBaseline = "alphabetic";
  label(pen, across.name, LEFT + wide / 2, height - 4, wide);
  return { x, y, box: { left: LEFT, top: TOP, width: wide, height: tall } };
}
