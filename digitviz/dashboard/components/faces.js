// The digits of a map as small pictures: all of them if few are visible, otherwise as many as fit without touching each
// other. In a film, some of the two compared digits are themselves what moves, in ink of their colours instead of dots, and
// numbers name the clouds.

import { bytesAt, SIDE } from "./elements.js";
import { isLit, mixed } from "./lit.js";
import { inkDigit, inRows, paint, penOn } from "./paint.js";
import { seen } from "./spots.js";

const FACE = 28; // side of a picture among points, in pixels
const GAP = 1.8; // distance of two such pictures, in sides, so that most points stay visible
const WRITTEN = 36; // side of a written digit
const LARGE = 44; // four times half a number, or a bit less
const ON_A_PHONE = 28;
const [INK, PART, CLEAR] = [18, 14, 1.1]; // a digit in the place of a dot: its least side with its rim; parts of a map's width; distance of two, in sides
const [MANY, FEW] = [8, 4]; // limit for such pictures of a digit in a map, on a phone fewer
const [RING, RING_ON_A_PHONE] = [6, 4]; // radius of the ring around a mixed one
export const TAG = 0.27; // half of the number beside a picture, in sides
const MOST = 60; // limit for pictures among points

// Digits of a sheet, 64 bytes each, as canvases of 8 x 8 pixels in the colours of a theme, each painted once.
export class Painted {
  constructor(sheet, look) {
    Object.assign(this, { sheet, scale: look.scales.ink, paper: look.background, drawn: new Map() });
  }

  // With a colour, the digit is written in it, with a rim of paper that keeps it apart from what it lies on.
  of(index, color = "") {
    const key = `${index}${color}`;
    if (this.drawn.has(key)) return this.drawn.get(key);
    const canvas = Object.assign(document.createElement("canvas"), { width: SIDE + 2, height: SIDE + 2 });
    const digit = this.sheet.subarray(index * 64, (index + 1) * 64);
    const pen = canvas.getContext("2d");
    const write = (fillStyle, right, down) => {
      Object.assign(pen, { fillStyle }).setTransform(1, 0, 0, 1, right, down);
      inkDigit(pen, digit, 1);
    };
    for (let at = 0; color && at < 9; at += 1) write(this.paper, at % 3, Math.floor(at / 3));
    if (color) write(color, 1, 1);
    else paint(canvas, inRows(digit, SIDE), [0, 16], this.scale);
    this.drawn.set(key, canvas);
    return canvas;
  }
}

// Choose places, [index, x, y] in pixels, whose pictures touch neither each other nor a written digit at [x, y].
export function thinned(places, written, gap = GAP, side = FACE) {
  const shown = [];
  const far = (side + WRITTEN) / 2 + 2;
  for (const [index, x, y] of places) {
    if (shown.length === MOST) break;
    if (written.some(([left, top]) => Math.max(Math.abs(left - x), Math.abs(top - y)) < far)) continue;
    if (shown.every(([, left, top]) => Math.max(Math.abs(left - x), Math.abs(top - y)) >= gap * side)) shown.push([index, x, y]);
  }
  return shown;
}

// The place nearest to [x, y] at which a number of half a side does not touch boxes, [left, top, right, bottom].
export function aside([x, y], half, boxes) {
  const isFree = ([right, down]) => boxes.every(([left, top, end, low]) => right <= left - half || right >= end + half || down <= top - half || down >= low + half);
  const places = boxes.flatMap(([left, top, end, low]) => [[left - half, y], [end + half, y], [x, top - half], [x, low + half]]);
  places.sort((one, other) => Math.hypot(one[0] - x, one[1] - y) - Math.hypot(other[0] - x, other[1] - y));
  return [[x, y], ...places].find(isFree) ?? [x, y];
}

// The box of a picture with its number.
export const around = ([x, y], side) => [x - side / 2 - 2, y - side / 2 - 2, x + side * (0.5 + 2 * TAG) + 2, y + side / 2 + 2];

// The middle of a picture for a cloud around [x, y], in a plot of a size: nearer to it than to others, over few points and no boxes.
export function beside([x, y], side, points, boxes, [width, height], others) {
  const near = points.filter(([, left, top]) => Math.hypot(left - x, top - y) < 4 * side);
  const places = Array.from({ length: 240 }, (_, number) => {
    const [far, turn] = [side * (0.8 + 0.2 * Math.floor(number / 24)), (number % 24) * (Math.PI / 12)];
    const at = [x + far * Math.cos(turn), y + far * Math.sin(turn)];
    const [left, top, end, low] = around(at, side);
    const isOutside = Math.min(left, top, width - end, height - low) <= 0;
    const touched = boxes.filter((box) => end >= box[0] && left <= box[2] && low >= box[1] && top <= box[3]).length;
    const isAstray = others.some(([, left, top]) => Math.hypot(left - at[0], top - at[1]) < far - 1);
    // Sixty pixels further away count as much as one more covered point.
    const over = near.filter(([, x, y]) => x > left && x < end && y > top && y < low).length;
    return { at, cost: far + 60 * over + 1e4 * isAstray + 1e5 * touched + 1e7 * isOutside };
  });
  return places.reduce((best, place) => (place.cost < best.cost ? place : best)).at;
}

// Position of a trace's points on the screen, [index, x, y], without those outside the axes.
export function visible(trace, across, up) {
  const places = [];
  for (let index = 0; index < trace.x.length; index += 1) {
    const place = seen(across, up, trace.x[index], trace.y[index]);
    if (place) places.push([index, ...place]);
  }
  return places;
}

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
    Object.assign(this, { info, paper: look.background, pen: look.template.layout.font.color, chosen: {} });
    const sheet = await bytesAt(info.sheet).catch(() => null);
    if (this.info !== info || !sheet) return;
    this.painted = new Painted(sheet, look);
    this.redraw();
  }

  relayouting() {
    screenOver(this.live.div, this.canvas);
  }

  redraw() {
    const { _fullLayout: layout, calcdata } = this.live.div;
    if (!this.painted || !calcdata?.[1]) return;
    const { colours, box: [box, ink] } = this.info;
    const isSmall = layout.xaxis._length < 400;
    const at = (trace, panel) => visible({ x: calcdata[trace].map(({ x }) => x), y: calcdata[trace].map(({ y }) => y) }, layout[`xaxis${panel}`], layout[`yaxis${panel}`]);
    const screen = screenOver(this.live.div, this.canvas);
    if (!screen) return;
    const traces = this.live.div.querySelectorAll(".scatterlayer > .trace"); // files still have them
    const hasPair = colours.filter((_, label) => isLit(label)).length <= 2;
    const [half, boxes, shown] = [TAG * (isSmall ? ON_A_PHONE : LARGE), [], []]; // half of a number; boxes of numbers
    const isLast = this.live.player?.at === this.live.div.layout.meta.film?.labels.length - 1;
    for (const [number, panel] of ["", "2"].entries()) {
      const labels = this.live.div._fullData[2 * number].customdata.map(([, label]) => label);
      const [places, inked] = [at(2 * number, panel), Math.max(INK, layout[`xaxis${panel}`]._length / PART)];
      shown.push(...at(2 * number + 1, panel));
      const drawn = (this.chosen[`${[number || isLast, inked]} ${colours.map((_, label) => isLit(label))}`] ??= new Set(hasPair ? this.choose(calcdata[2 * number], labels, places, shown, inked, isSmall ? FEW : MANY) : []));
      traces[2 * number + 1].style.visibility = "hidden";
      for (const dot of traces[2 * number].querySelectorAll(".point")) dot.style.visibility = drawn.has(dot.__data__.i) ? "hidden" : "";
      for (const [index, x, y] of places) if (drawn.has(index)) screen.drawImage(this.painted.of(index, colours[labels[index]]), x - inked / 2, y - inked / 2, inked, inked);
      const rings = new Set(this.live.parts.lit?.said[number]?.rings);
      const radius = isSmall ? RING_ON_A_PHONE : RING;
      for (const [index, ...place] of places.filter(([each]) => rings.has(each))) { // on paper, above pictures
        Object.assign(screen, { strokeStyle: this.pen, lineWidth: isSmall ? 1 : 1.5, fillStyle: this.paper }).fill(circle(place, radius));
        screen.stroke(circle(place, radius));
        Object.assign(screen, { fillStyle: colours[labels[index]] }).fill(circle(place, radius / 2));
      }
    }
    shown.sort(([one], [other]) => isLit(other) - isLit(one));
    for (const [label, x, y] of shown) {
      const size = isLit(label) ? 1.3 * half : half;
      const [right, down] = aside([x, y], size + half, boxes); // apart, or both would read as one number
      boxes.push([right - size, down - size, right + size, down + size]);
      drawNumber(screen, label, [right, down], size, colours[label], isLit(label) ? (hasPair ? [colours[label], "#fff"] : [box, ink]) : [this.paper, this.pen], layout.font.family);
    }
    this.canvas.dataset.faces = String(shown.length);
  }

  // Choose some digits of each pressed label as pictures that touch neither each other nor a number, and that are not mixed now.
  // They stay while the map moves, so that no picture comes and goes.
  choose(points, labels, places, written, side, most) {
    const pair = [...new Set(labels)].filter((label) => isLit(label));
    const apart = new Set(mixed(points, labels, pair)[1].map(({ at }) => at));
    const of = (label) => places.filter(([index]) => labels[index] === label && !apart.has(index));
    return pair.reduce((done, label) => thinned([...done, ...of(label)], written.map(([, x, y]) => [x, y]), CLEAR, side).slice(0, done.length + most), []).map(([index]) => index);
  }

  remove() {
    this.info = this.painted = null;
    this.canvas.remove();
  }
}
