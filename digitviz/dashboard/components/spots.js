// Clickable spots of a picture for the keyboard: arrow keys choose the next spot, Enter clicks it. The spots are those in
// the figure's `meta.spots`. Without these, they are its points with custom data and the cells of its matrices.

import { element, lay } from "./elements.js";
import { speak } from "./speak.js";

const ROOM = 3; // pixels between the chosen spot and its frame
const SMALLEST = 16; // least side of that frame
const LEAST = 0.5; // least distance in pixels to count as a direction
export const isList = (value) => Array.isArray(value) || ArrayBuffer.isView(value);
const at = (value, place) => (isList(value) ? value[place] : value);
// The axes of a trace, which may be one of the own data or of the full data.
export const axesOf = (div, trace) =>
  ["x", "y"].map((letter) => div._fullLayout[`${letter}axis${(trace[`${letter}axis`] ?? letter).slice(1)}`]);
export const isThere = (value) => value !== null && value !== undefined && !Number.isNaN(value);
const plainText = (words) => String(words).replace(/<br\s*\/?>/g, ", ").replace(/<[^<>]*>/g, "");

// Position of a trace's point in pixels from the picture's left and top. null if it is out of view.
export function seen(across, up, x, y) {
  const [right, down] = [across.c2p(x), up.c2p(y)];
  const inside = right >= 0 && right <= across._length && down >= 0 && down <= up._length;
  return inside ? [right + across._offset, down + up._offset] : null;
}

function* pointsOf(calculated, axes, curve, { marker }) {
  for (const [index, { x, y }] of calculated.entries()) {
    const place = isThere(x) && isThere(y) && seen(...axes, x, y);
    const side = at(marker?.size, index) ?? 0;
    if (place) yield { curve, index, place, size: [side, side] };
  }
}

// The centres and lengths of a matrix's rows or columns, in pixels.
function partsOf(axis, edges, count) {
  return Array.from({ length: count }, (_, place) => {
    const [from, to] = [axis.c2p(edges[place]), axis.c2p(edges[place + 1])];
    return { middle: (from + to) / 2, length: Math.abs(to - from) };
  });
}

function* cellsOf([{ x, y, z }], [across, up], curve) {
  const columns = partsOf(across, x, x.length - 1);
  const inside = ({ middle }, axis) => middle >= 0 && middle <= axis._length;
  for (const [row, { middle: down, length: height }] of partsOf(up, y, y.length - 1).entries()) {
    if (!inside({ middle: down }, up)) continue;
    for (const [column, part] of columns.entries()) {
      if (!isThere(z[row]?.[column]) || !inside(part, across)) continue;
      const place = [part.middle + across._offset, down + up._offset];
      yield { curve, index: `${row} ${column}`, place, size: [part.length, height] };
    }
  }
}

const answers = ({ type, visible, hoverinfo, customdata }) =>
  visible === true && hoverinfo !== "skip" && (type === "heatmap" || (type === "scatter" && isList(customdata)));

export class Spots {
  constructor(live) {
    this.live = live;
    this.div = live.div;
    this.frame = element("div", "digitviz-spot", live.frame);
    this.frame.hidden = true;
    this.div.addEventListener("focus", () => this.show());
    this.div.addEventListener("blur", () => this.hide());
  }

  // Call this after drawing the picture.
  update(named) {
    this.named = named;
    this.areThere = Boolean(this.live.clickable && (named || this.div._fullData.some(answers)));
    if (!this.areThere) this.letGo();
    this.redraw();
  }

  redraw() {
    if (this.chosen && document.activeElement === this.div) this.show();
  }

  all() {
    return this.named ? this.namedOnes() : this.div._fullData.filter(answers).flatMap((trace) => {
      const axes = axesOf(this.div, trace);
      const calculated = this.div.calcdata[trace.index];
      const kind = trace.type === "heatmap" ? cellsOf : pointsOf;
      return [...kind(calculated, axes, trace.index, trace)];
    });
  }

  namedOnes() {
    const { curve, x, y, words, width, height } = this.named;
    return x.flatMap((_, index) => {
      const trace = this.div._fullData[at(curve, index)];
      const [across, up] = axesOf(this.div, trace);
      const place = seen(across, up, x[index], y[index]);
      const long = (axis, length) => Math.abs(axis.c2p(length) - axis.c2p(0));
      const size = [long(across, at(width, index)), long(up, at(height, index))];
      const point = { x: x[index], y: y[index], curveNumber: trace.index, pointNumber: index };
      return place ? [{ curve: trace.index, index, place, size, point, words: words[index] }] : [];
    });
  }

  // Choose the nearest spot within 45 degrees of a direction, or else the nearest ahead. Return false without any spots.
  go(right, down) {
    if (!this.areThere) return false;
    const all = this.all();
    const from = this.find(all);
    const [curve, first] = this.live.last.figure.layout.meta?.first_spot ?? [];
    const to = from ? next(all, from.place, right, down) : (all.find((one) => one.curve === curve && one.index === first) ?? all[0]);
    if (!to) return false;
    this.chosen = { curve: to.curve, index: to.index };
    this.show(to);
    speak(this.words);
    return true;
  }

  find(all) {
    return this.chosen && all.find(({ curve, index }) => curve === this.chosen.curve && index === this.chosen.index);
  }

  // Frame the chosen spot and show its hover text, as if the pointer were there.
  show(spot = this.chosen && this.find(this.all())) {
    if (!spot) return this.hide();
    const { place: [right, down], size } = spot;
    const { map } = this.live.parts;
    const [width, height] = size.map((side) => Math.max(SMALLEST, side + 2 * ROOM));
    lay(this.frame, right - width / 2, down - height / 2, width, height);
    this.frame.hidden = false;
    this.frame.style.visibility = map ? "hidden" : ""; // it has its own mark
    if (spot.point) {
      this.live.leave();
      this.point = spot.point;
      this.words = plainText(spot.words);
      return;
    }
    const box = this.div.getBoundingClientRect();
    const pointer = [box.left + right, box.top + down];
    this.point = this.pointOf(spot, pointer);
    map?.hoverAt(this.point, pointer);
    this.words = map ? map.spoken() : said(this.div);
  }

  // Ask Plotly for a matrix's cell at a place. Name a point directly, because others may overlap it.
  pointOf({ curve, index }, [clientX, clientY]) {
    const { xaxis, yaxis } = this.div._fullData[curve];
    const subplot = `${xaxis}${yaxis}`;
    if (typeof index === "number") return this.live.pointAt([{ curveNumber: curve, pointNumber: index }], subplot);
    const target = this.div.querySelector(`.nsewdrag[data-subplot="${subplot}"]`);
    return this.live.pointAt({ target, clientX, clientY }, subplot);
  }

  click() {
    if (!this.chosen || !this.point) return false;
    this.live.click(this.point);
    return true;
  }

  letGo() {
    if (!this.chosen) return false;
    this.chosen = null;
    this.hide();
    return true;
  }

  hide() {
    if (this.frame.hidden) return;
    this.frame.hidden = true;
    this.point = null;
    this.live.leave({ target: this.div });
  }
}

// Return the next cell in a row or column of a matrix, or else the nearest spot within 45 degrees, or the nearest ahead.
export function next(all, [x, y], right, down) {
  const distance = ({ place }) => Math.hypot(place[0] - x, place[1] - y);
  const along = ({ place }) => right * (place[0] - x) + down * (place[1] - y);
  const across = ({ place }) => Math.abs(right * (place[1] - y) + down * (place[0] - x));
  const ahead = all.filter((one) => along(one) > LEAST);
  const straight = ahead.filter((one) => across(one) <= along(one));
  const nearest = (ones) => ones.reduce((best, one) => (!best || distance(one) < distance(best) ? one : best), null);
  const inLine = ahead.filter((one) => typeof one.index === "string" && across(one) < one.size[right ? 1 : 0] / 2);
  return nearest(inLine) ?? nearest(straight) ?? nearest(ahead);
}

// Return Plotly's hover text on one line.
function said(div) {
  const lines = [...div.querySelectorAll(".hoverlayer .hovertext text")].flatMap((text) => {
    const parts = [...text.querySelectorAll("tspan.line")];
    return (parts.length ? parts : [text]).map((part) => part.textContent.trim());
  });
  return lines.filter(Boolean).join(", ");
}
