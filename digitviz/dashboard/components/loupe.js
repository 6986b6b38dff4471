// In a plane whose points are digits, show the digit at the pointer above it. Its pixels are the origin's plus the point's
// coordinates times the directions.

import { element, SIDE } from "./elements.js";
import { inRows, paint } from "./paint.js";

const SIZE = 80; // on the screen
const AWAY = 26; // distance from the pointer, so that the hover text stays visible

export class Loupe {
  constructor(live) {
    this.canvas = Object.assign(element("canvas", "digitviz-loupe", live.frame), { hidden: true, ariaHidden: "true" });
    this.canvas.style.cssText =
      `position:absolute;z-index:7;width:${SIZE}px;height:${SIZE}px;pointer-events:none;image-rendering:pixelated;` +
      "border:2px solid var(--digitviz-mark);border-radius:4px";
    live.div.on("plotly_hover", ({ points: [point] }) => this.show(point));
    live.div.on("plotly_unhover", () => this.hide());
  }

  // Call this after drawing the picture. Without a plane, nothing is shown.
  update(plane, look) {
    Object.assign(this, { plane, scale: look.scales.ink });
    this.hide();
  }

  hide() {
    this.canvas.hidden = true;
  }

  show({ x, y, xaxis, yaxis, curveNumber }) {
    if (!this.plane || curveNumber !== this.plane.trace) return this.hide();
    this.paint(x, y);
    const [left, top] = [xaxis.c2p(x) + xaxis._offset, yaxis.c2p(y) + yaxis._offset];
    const above = top - AWAY - SIZE;
    Object.assign(this.canvas.style, {
      left: `${Math.max(0, left - SIZE / 2)}px`,
      top: `${above < 0 ? top + AWAY : above}px`,
    });
    this.canvas.hidden = false;
  }

  paint(x, y) {
    const { origin, basis: [across, up], most } = this.plane;
    const pixels = origin.map((start, place) => start + x * across[place] + y * up[place]);
    paint(this.canvas, inRows(pixels, SIDE), [0, most], this.scale);
  }
}
