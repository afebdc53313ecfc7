// @ts-check
// A canvas that fits its element, and that is drawn again when its size or the colours change.

import { el } from "../../dom.js";
import { onChange } from "../../theme.js";

/**
 * @param {string} label what the picture shows, for a screen reader
 * @param {(pen: CanvasRenderingContext2D, size: {width: number, height: number}) => void} paint
 */
export function drawing(label, paint) {
  const canvas = el("canvas", { role: "img", "aria-label": label });
  const root = el("div", { class: "drawing" }, canvas);
  const pen = /** @type {CanvasRenderingContext2D} */ (canvas.getContext("2d"));
  let frame = 0;

  function draw() {
    frame = 0;
    const { clientWidth: width, clientHeight: height } = root;
    if (!width || !height) return;
    const ratio = Math.min(2, devicePixelRatio || 1);
    const [wide, tall] = [Math.round(width * ratio), Math.round(height * ratio)];
    if (canvas.width !== wide || canvas.height !== tall) Object.assign(canvas, { width: wide, height: tall });
    pen.setTransform(ratio, 0, 0, ratio, 0, 0);
    pen.clearRect(0, 0, width, height);
    pen.font = font(root);
    paint(pen, { width, height });
  }

  function request() {
    frame ||= requestAnimationFrame(draw);
  }

  const observer = new ResizeObserver(request);
  observer.observe(root);
  const endTheme = onChange(request);
  return {
    root, canvas, request,
    destroy() {
      observer.disconnect();
      endTheme();
      if (frame) cancelAnimationFrame(frame);
    },
  };
}

/** The font of text on a canvas: somewhat smaller than that of the text around it. @param {Element} element */
export function font(element) {
  const { fontFamily, fontSize } = getComputedStyle(element);
  return `${Math.round(0.75 * parseFloat(fontSize))}px ${fontFamily}`;
}

/** Text that is cut where it is too wide. @param {CanvasRenderingContext2D} pen @param {string} words @param {number} x @param {number} y @param {number} width */
export function label(pen, words, x, y, width) {
  let shown = words;
  while (shown.length > 1 && pen.measureText(shown).width > width) shown = `${shown.slice(0, -2)}…`;
  pen.fillText(shown, x, y);
}
