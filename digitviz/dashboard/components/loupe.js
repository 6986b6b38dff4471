// In a plane whose points are digits, show the digit at the pointer above it. Its pixels are the origin's plus the point's
// coordinates times the directions.

const SIDE = 8;
const SIZE = 80; // on the screen
const AWAY = 26; // distance from the pointer, so that the hover text stays visible
const channels = (colour) => [1, 3, 5].map((place) => parseInt(colour.slice(place, place + 2), 16));

export class Loupe {
  constructor(live) {
    this.canvas = document.createElement("canvas");
    Object.assign(this.canvas, { width: SIDE, height: SIDE, className: "digitviz-loupe", hidden: true, ariaHidden: "true" });
    this.canvas.style.cssText =
      `position:absolute;z-index:7;width:${SIZE}px;height:${SIZE}px;pointer-events:none;image-rendering:pixelated;` +
      "border:2px solid var(--digitviz-mark);border-radius:4px";
    live.frame.append(this.canvas);
    live.div.on("plotly_hover", ({ points: [point] }) => this.show(point));
    live.div.on("plotly_unhover", () => this.hide());
  }

  // Call this after drawing the picture. Without a plane, nothing is shown.
  update(plane, look) {
    this.plane = plane;
    this.ends = [0, 1].map((end) => channels(look.scales.ink.at(end && -1)[1]));
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
    const [paper, pen] = this.ends;
    const context = this.canvas.getContext("2d");
    const image = context.createImageData(SIDE, SIDE);
    for (const [place, start] of origin.entries()) {
      const ink = Math.min(Math.max((start + x * across[place] + y * up[place]) / most, 0), 1);
      const colour = paper.map((from, channel) => from + ink * (pen[channel] - from));
      image.data.set([...colour, 255], 4 * place);
    }
    context.putImageData(image, 0, 0);
  }
}
