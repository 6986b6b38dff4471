// The digits of a map as small pictures: all of them if few are visible, otherwise as many as fit without touching each
// other. In a film, one of each compared digit has its picture, two that lie together before training; mixed ones have a dark ring,
// and numbers name the clouds.

import { bytesAt, range, SIDE } from "./elements.js";
import { isLit, mixed } from "./lit.js";
import { inRows, paint, penOn } from "./paint.js";
import { seen } from "./spots.js";

export const FACE = 28; // side of a picture among points, in pixels
const [PART, LARGE] = [15, 1.8]; // parts of a map's width that a small picture takes, and how much larger the others are
const [HALF, MIXED] = [12, 1 / 8]; // half of the number in a cloud; radius of a mixed dot, in sides of a small picture
export const TAG = 0.27; // half of the number beside a picture, in sides
const MOST = 60; // limit for pictures among points

// Digits of a sheet, 64 bytes each, as canvases of 8 x 8 pixels in the colours of a theme, each painted once.
export class Painted {
  constructor(sheet, look) {
    Object.assign(this, { sheet, scale: look.scales.ink, drawn: new Map() });
  }

  of(index) {
    if (this.drawn.has(index)) return this.drawn.get(index);
    const canvas = document.createElement("canvas");
    paint(canvas, inRows(this.sheet.subarray(index * 64, (index + 1) * 64), SIDE), [0, 16], this.scale);
    this.drawn.set(index, canvas);
    return canvas;
  }
}

// How far digits of a sheet are from their mean.
export function oddities(sheet, indices) {
  const ink = indices.map((index) => sheet.subarray(64 * index, 64 * (index + 1)));
  const mean = range(64).map((pixel) => ink.reduce((sum, each) => sum + each[pixel], 0) / ink.length);
  return ink.map((each) => mean.reduce((sum, part, pixel) => sum + (each[pixel] - part) ** 2, 0));
}

// Choose places, [index, x, y] in pixels, whose pictures touch neither each other nor a box.
export function thinned(places, boxes, gap, side) {
  const shown = [];
  const half = side / 2 + 2;
  for (const [index, x, y] of places) {
    if (shown.length === MOST) break;
    if (boxes.some(([left, top, end, low]) => x + half > left && x - half < end && y + half > top && y - half < low)) continue;
    if (shown.every(([, left, top]) => Math.max(Math.abs(left - x), Math.abs(top - y)) >= gap * side)) shown.push([index, x, y]);
  }
  return shown;
}

// The box of a picture with its number.
export const around = ([x, y], side) => [x - side / 2 - 2, y - side / 2 - 2, x + side * (0.5 + 2 * TAG) + 2, y + side / 2 + 2];

// The middle of a picture for a cloud around [x, y], inside bounds: nearer to it than to others, over few points and no boxes.
export function beside([x, y], side, points, boxes, bounds, others) {
  const near = points.filter(([, left, top]) => Math.hypot(left - x, top - y) < 4 * side);
  const places = Array.from({ length: 240 }, (_, number) => {
    const [far, turn] = [side * (0.8 + 0.2 * Math.floor(number / 24)), (number % 24) * (Math.PI / 12)];
    const at = [x + far * Math.cos(turn), y + far * Math.sin(turn)];
    const [left, top, end, low] = around(at, side);
    const isOutside = Math.min(left - bounds[0], top - bounds[1], bounds[2] - end, bounds[3] - low) <= 0;
    const touched = boxes.filter((box) => end >= box[0] && left <= box[2] && low >= box[1] && top <= box[3]).length;
    const isAstray = others.some(([, left, top]) => Math.hypot(left - at[0], top - at[1]) < far - 1);
    // Sixty pixels further away count as much as one more covered point.
    const over = near.filter(([, x, y]) => x > left && x < end && y > top && y < low).length;
    return { at, cost: far + 60 * over + 1e4 * isAstray + 1e5 * touched + 1e7 * isOutside };
  });
  return places.reduce((best, place) => (place.cost < best.cost ? place : best)).at;
}

// Position of a trace's points on the screen, [index, x, y], without those outside the axes.
export const visible = (trace, across, up) =>
  Array.from(trace.x, (x, index) => [index, ...(seen(across, up, x, trace.y[index]) ?? [])]).filter((place) => place.length > 1);

// Lay a canvas over a plot, cleared and in the pixels of the plot, and return its context.
export function screenOver(div, canvas) {
  const inside = div.querySelector(".svg-container");
  if (!inside) return null;
  if (canvas.parentElement !== inside) inside.append(canvas);
  const screen = penOn(canvas, div._fullLayout.width, div._fullLayout.height, 2); // reading them from the page would lay it out
  screen.imageSmoothingEnabled = false;
  return screen;
}

export const circle = ([x, y], radius) => new Path2D(`M${x + radius} ${y}a${radius} ${radius} 0 1 0 ${-2 * radius} 0a${radius} ${radius} 0 1 0 ${2 * radius} 0`);

// Draw a dot in a ring of ink with a halo of paper.
export function drawRinged(screen, place, radius, fillStyle, [paper, ink], lineWidth = radius / 2) {
  const dot = circle(place, radius);
  Object.assign(screen, { fillStyle, strokeStyle: paper, lineWidth: 2 * lineWidth }).stroke(dot);
  screen.fill(dot);
  Object.assign(screen, { strokeStyle: ink, lineWidth }).stroke(dot);
}

export function drawFace(screen, picture, [, x, y], color, width = 2, inner = FACE) {
  const side = inner + width;
  screen.drawImage(picture, x - inner / 2, y - inner / 2, inner, inner);
  Object.assign(screen, { strokeStyle: color, lineWidth: width });
  screen.strokeRect(x - side / 2, y - side / 2, side, side);
}

// Draw a number in a box with half a side, in the colours of the paper and of the ink.
export function drawNumber(screen, number, [x, y], half, color, [paper, ink], family) {
  Object.assign(screen, { fillStyle: paper, strokeStyle: color, lineWidth: 2, textAlign: "center", textBaseline: "middle" });
  for (const draw of ["fillRect", "strokeRect"]) screen[draw](x - half, y - half, 2 * half, 2 * half);
  Object.assign(screen, { fillStyle: ink, font: `bold ${1.85 * half}px ${family}` });
  screen.fillText(String(number), x, y + 1);
}

// The faces of maps, of a figure with `meta.faces`. They take the places of the written digits, the second trace of each.
export class Faces {
  constructor(live) {
    Object.assign(this, { live, canvas: Object.assign(document.createElement("canvas"), { className: "digitviz-over digitviz-faces" }) });
  }

  async drawn(info, look) {
    Object.assign(this, { info, look, chosen: {} });
    const sheet = await bytesAt(info.sheet).catch(() => null);
    if (this.info !== info || !sheet) return;
    this.painted = new Painted(sheet, look);
    this.redraw();
  }

  relayouting() {
    screenOver(this.live.div, this.canvas);
  }

  redraw() {
    const { div, parts: { lit } } = this.live;
    const { _fullLayout: layout, calcdata } = div;
    const screen = this.painted && calcdata?.[1] && screenOver(div, this.canvas);
    if (!screen) return;
    const { info: { colours }, look: { background } } = this;
    const { font: { family, color } } = layout;
    const pair = [...colours.keys()].filter((label) => isLit(label));
    const traces = div.querySelectorAll(".scatterlayer > .trace");
    this.canvas.dataset.faces = "";
    for (const [number, panel] of ["", "2"].entries()) {
      const axes = [layout[`xaxis${panel}`], layout[`yaxis${panel}`]];
      const [side, wide] = [1, LARGE].map((times) => times * Math.max(FACE + 2, axes[0]._length / PART));
      traces[2 * number + 1].style.visibility = "hidden"; // files still have the numbers
      const [places, written] = [0, 1].map((part) => visible({ x: calcdata[2 * number + part].map(({ x }) => x), y: calcdata[2 * number + part].map(({ y }) => y) }, ...axes));
      const labels = div._fullData[2 * number].customdata.map(([, label]) => label);
      const apart = (pair.length === 2 && lit?.said[number]?.mixed) || new Set();
      if (pair.length > 2) {
        for (const [label, ...place] of written) drawNumber(screen, label, place, HALF, colours[label], [background, color], family);
        continue;
      }
      const at = new Map(places.map(([index, ...place]) => [index, place]));
      const mark = (index, radius) => drawRinged(screen, at.get(index), radius * side, colours[labels[index]], [background, apart.has(index) ? color : background]);
      for (const index of apart) if (at.has(index)) mark(index, MIXED); // inside an enlarged map
      const chosen = this.chosen[pair] ??= this.choose(pair, labels, calcdata[2], lit?.frames.at(-1)?.data[0]);
      const settled = (!number && lit?.frames.length ? visible(lit.frames.at(-1).data[0], ...axes) : places).filter(([index]) => pair.includes(labels[index]));
      const named = this.chosen[[pair, number, ...axes.flatMap(({ range, _length }) => [range, _length])]] ??= this.beside(chosen, settled, wide, axes);
      const called = named.filter(([index]) => at.has(index));
      for (const [index, ...middle] of called) Object.assign(screen, { strokeStyle: colours[labels[index]], lineWidth: 3 }).stroke(new Path2D(`M${at.get(index)}L${middle}`));
      for (const [index, x, y] of called) {
        mark(index, 1.4 * MIXED);
        drawFace(screen, this.painted.of(index), [index, x, y], colours[labels[index]], 4, wide);
        drawNumber(screen, labels[index], [x + wide * (0.5 + TAG), y + wide * (0.5 - TAG)], wide * TAG, colours[labels[index]], [background, color], family);
      }
      this.canvas.dataset.faces += ` ${called.map(([index]) => index)}`;
    }
  }

  // The middles of the pictures of digits, [index, x, y], beside the places where the digits end.
  beside(shown, settled, side, axes) {
    const bounds = [0, 1].flatMap((end) => axes.map(({ _offset, _length }) => _offset + end * _length));
    const boxes = [];
    return settled.filter(([index]) => shown.includes(index)).map(([index, ...place]) => {
      const middle = beside(place, side, settled, boxes, bounds, []);
      boxes.push(around(middle, side));
      return [index, ...middle];
    });
  }

  // Choose a usual digit of each pressed label: two that lie together before training and not at the end, if there are any.
  choose(pair, labels, before, after) {
    const own = pair.map((label) => [...labels.keys()].filter((at) => labels[at] === label)).filter((all) => all.length);
    const odd = new Map(own.flatMap((all) => oddities(this.painted.sheet, all).map((far, at) => [all[at], far])));
    const least = (all, cost) => all.reduce((best, one) => (cost(one) < cost(best) ? one : best));
    const [points, together] = mixed(before, labels, pair);
    if (!together.length) return own.map((all) => least(all, (at) => odd.get(at)));
    const isLate = after ? mixed(Array.from(after.x, (x, at) => ({ x, y: after.y[at] })), labels, pair)[1].map(({ at }) => at) : [];
    const nearest = (one) => least(points.filter(({ label }) => label !== one.label), ({ x, y }) => Math.hypot(x - one.x, y - one.y));
    const cost = (at) => odd.get(at) + 1e6 * (isLate.includes(at) + !together.some((one) => one.at === at));
    return least(together.map((one) => [one.at, nearest(one).at]), ([one, other]) => cost(one) + cost(other));
  }

  remove() {
    this.info = this.painted = null;
    this.canvas.remove();
  }
}
