// Makes a picture follow the training slider, or the pen (reader.js). The browser replaces the server's data with its own results for another
// point in training (training_slider.js), and restores the server's picture when the visitor returns to it. A figure
// describes itself in `layout.meta.follows`: a `kind` of QUICK or CURSORS, and its options.

import { between, element, fill, lay, range as all, reach, shape, SIDE, tell } from "./elements.js";
import { DIGITS, largest } from "./network.js";
import { numeral, percent, short, sureness } from "./numbers.js";
import { inRows, paint, penOn } from "./paint.js";
import { axesOf } from "./spots.js";

const CAPTION_ROWS = 3;
const BAR = 0.4; // part of a digit's height, as in figures/reading.py
const STAGE_SIDE = 64; // as in figures/reading.py
const [FAINTEST, CORNER, FINE] = [3, 0.38, SIDE + 2]; // as in figures/evaluation.py
const RESTS = 150; // milliseconds without another move
const SOMETIMES = 500; // milliseconds between two drawings, and at least this multiple of the drawing time:
const RARELY = 20;
const ROOM = 1.25; // a scale during training, as a multiple of the largest weight, because weights grow
const LOOKED_AT = ":hover, :focus-within";
const readingOf = (digits, moment) => (digits === undefined ? moment : moment.of(digits)); // the test digits by default

// A layer's current weights and their changes. `rows` and `columns` select the drawn weights if those are not all.
function weights({ layer, rows, columns, title, says }, moment) {
  const { inputs, outputs, weights: now } = moment.layers[layer];
  const before = moment.initial[layer].weights;
  const across = columns ?? all(outputs);
  const matrix = (value) =>
    (rows ?? all(inputs)).map((row) => Float64Array.from(across, (column) => value(row * outputs + column)));
  const [first, last, change] = [(at) => before[at], (at) => now[at], (at) => now[at] - before[at]].map(matrix);
  const most = reach(...first, ...last, ...change) || 1;
  return {
    most,
    data: { z: [last, change] },
    layout: { "annotations[1].text": fill(title, { moment: moment.words }) },
    traces: [1, 2],
    says: `${moment.words}: ${fill(says, { change: short(reach(...change)) })}`,
  };
}

// The first layer's weights as pictures, in drawing order, and the digit that each neuron votes for.
function neurons({ shown, columns, caption, title, least = 0 }, moment) {
  const { outputs, weights: w1 } = moment.layers[0];
  const [width, height] = [SIDE + 1, SIDE + CAPTION_ROWS + 1];
  const sheet = all(Math.ceil(shown.length / columns) * height - 1).map(() => new Float64Array(columns * width - 1).fill(NaN));
  const before = title ? moment.initial[0].weights : []; // next to the current weights, on the same scale
  let most = least;
  shown.forEach((neuron, place) => {
    const [top, left] = [Math.floor(place / columns) * height, (place % columns) * width];
    for (let pixel = 0; pixel < SIDE * SIDE; pixel += 1) {
      const weight = w1[pixel * outputs + neuron];
      sheet[top + Math.floor(pixel / SIDE)][left + (pixel % SIDE)] = weight;
      most = Math.max(most, Math.abs(weight), Math.abs(before[pixel * outputs + neuron] ?? 0));
    }
  });
  const voted = caption ? moment.votes : null;
  const captions = voted && shown.map((neuron) => fill(caption, { number: neuron + 1, digit: voted[neuron] }));
  const data = captions ? { z: [sheet, undefined], text: [undefined, captions] } : { z: [sheet] };
  const layout = title ? { "annotations[0].text": fill(title, { moment: moment.words }) } : {};
  return { most: most || 1, data, layout, traces: captions ? [0, 1] : [0] };
}

// Ink in the middle of a square, like `_sampled` in figures/reading.py.
function sampled(ink, size, [top, left, bottom, right]) {
  const side = Math.max(bottom - top, right - left);
  const places = ([low, high]) =>
    all(STAGE_SIDE).map((at) => low + Math.floor((at * side) / STAGE_SIDE) - Math.floor((side - high + low) / 2));
  const [down, across] = [[top, bottom], [left, right]].map(places);
  const isInside = (at, low, high) => at >= low && at < high;
  return down.map((row) => Float32Array.from(across, (column) =>
    Number(isInside(row, top, bottom) && isInside(column, left, right) && ink[row * size + column])));
}

// The ink, its box and the bitmap.
function stages({ says }, { drawing: { ink, size, box, bitmap } }) {
  const rows = [sampled(ink, size, [0, 0, size, size]), sampled(ink, size, box), inRows(bitmap, Math.sqrt(bitmap.length))];
  return { data: { z: rows }, traces: [0, 1, 2], says: fill(says, { height: box[2] - box[0], width: box[3] - box[1] }) };
}

// The 8 x 8 digit, with its numbers.
function digitWithNumbers({ says, colours }, { drawing: { digit } }) {
  const data = {
    z: [inRows(digit, SIDE), undefined],
    text: [undefined, Array.from(digit, (ink) => numeral(ink))],
    "textfont.color": [undefined, Array.from(digit, (ink) => colours[ink])],
  };
  const told = fill(says, { pixels: digit.length, lowest: short(Math.min(...digit)), highest: short(Math.max(...digit)) });
  return { data, traces: [0, 1], says: told };
}

// The last hidden layer. The neurons that add most to the lead are marked.
function hiddenCells({ says, columns: most, marked, box }, { hidden, leads }) {
  const columns = Math.min(most, hidden.length);
  const rows = inRows(hidden, columns);
  const order = all(leads.length).sort((one, other) => Math.abs(leads[other]) - Math.abs(leads[one]) || one - other);
  const shapes = order.slice(0, marked).filter((neuron) => leads[neuron]).map((neuron) => {
    const [x, y] = [neuron % columns, Math.floor(neuron / columns)];
    return { ...box, x0: x - 0.5, x1: x + 0.5, y0: y - 0.5, y1: y + 0.5 };
  });
  const custom = rows.map((row, y) => Array.from(row, (_, x) => [y * columns + x + 1, leads[y * columns + x] ?? 0]));
  const told = fill(says, { count: hidden.length, neuron: order[0] + 1, logits: short(leads[order[0]]) });
  const data = { z: [rows], customdata: [custom] };
  return { most: reach(hidden) || 1, data, layout: { shapes }, traces: [0], says: told };
}

// Counts or shares of each true digit, and hover texts: see figures/evaluation.py. Each trace has its scale.
function confusion({ percent: inPercent = false, digits }, moment) {
  const { confusion: counts, answers, labels, pixels } = readingOf(digits, moment);
  const shares = counts.map((row) => row.map((count) => count / (row.reduce((sum, each) => sum + each, 0) || 1)));
  const [values, notes] = inPercent ? [shares, counts] : [counts, shares];
  const pictures = !inPercent && all(FINE * DIGITS).map(() => new Float32Array(FINE * DIGITS).fill(NaN)); // the first mistake of each cell
  const seen = new Set();
  answers.forEach((answer, row) => {
    const label = labels[row];
    if (!pictures || answer === label || seen.has(DIGITS * label + answer)) return;
    seen.add(DIGITS * label + answer);
    for (let pixel = 0; pixel < SIDE * SIDE; pixel += 1) {
      const ink = pixels[row * SIDE * SIDE + pixel];
      if (ink >= FAINTEST) pictures[FINE * label + 1 + Math.floor(pixel / SIDE)][FINE * answer + 1 + (pixel % SIDE)] = ink;
    }
  });
  const several = counts.flatMap((row, label) => row.map((count, answer) => (label !== answer && count > 1 ? `<b>${count}</b>` : "")));
  const write = (pen, { xaxis, font }, [{ textfont }]) => {
    const size = xaxis._length / DIGITS;
    Object.assign(pen, { font: `${font.size}px ${font.family}`, fillStyle: textfont.color });
    values.forEach((row, label) => row.forEach((value, answer) => {
      const isCorner = pictures && label !== answer;
      if (!value || (isCorner && value === 1)) return;
      const [x, y] = [answer + 0.5 + isCorner * CORNER, label + 0.5 - isCorner * CORNER];
      pen.fillText(inPercent ? percent(value, 0) : value, x * size, y * size);
    }));
  };
  const cells = (isShown) =>
    values.map((row, label) => Float32Array.from(row, (value, answer) => (value && isShown(label === answer) ? value : NaN)));
  const data = { z: [cells((same) => same), cells((same) => !same)], customdata: [notes, notes] };
  const always = { write, data, layout: { annotations: [] }, traces: [0, 1] }; // the words are those of the server's moment
  return !pictures ? always : { ...always, data: { z: [...data.z, pictures, undefined], customdata: [notes, notes, undefined, undefined], text: [undefined, undefined, undefined, several] }, traces: [0, 1, 2, 3] };
}

// The ten probabilities of one digit. The figure contains its 64 pixels. A wrong answer has another colour, if the label is known.
function probabilities({ pixels, label, colours, says }, moment) {
  const row = moment.probabilitiesOf(pixels);
  const answer = largest(row);
  const known = colours?.[Number(answer !== label)];
  const say = (p) => (p >= 0.005 ? sureness(p) : "");
  const write = (pen, { xaxis, yaxis, font }, [{ selected, unselected }]) => {
    Object.assign(pen, { font: `${font.size - 2}px ${font.family}`, textAlign: "left" });
    const [none, thick] = [xaxis.l2p(0), BAR * Math.abs(yaxis.l2p(1) - yaxis.l2p(0))];
    row.forEach((probability, digit) => {
      const [end, middle] = [xaxis.l2p(probability), yaxis.l2p(digit)];
      pen.fillStyle = digit === answer ? (known ?? selected.marker.color) : unselected.marker.color;
      pen.fillRect(none, middle - thick / 2, end - none, thick);
      pen.fillStyle = font.color;
      pen.fillText(say(probability), end + 3, middle);
    });
  };
  const data = { x: [Float32Array.from(row)], text: [Array.from(row, say)], selectedpoints: [[answer]] };
  if (known) data["selected.marker.color"] = known;
  const told = fill(says, { digit: answer, probability: percent(row[answer]) });
  return { write, data, traces: [0], says: `${moment.words}: ${told}` };
}

// What pictures show at a point in training: `data` and `layout` for some `traces` of Plotly, a sentence, the `most` that a scale
// around zero must hold, and what a sketch writes over the painted matrices, instead of all marks of the picture.
const QUICK = { weights, neurons, stages, digit_with_numbers: digitWithNumbers, hidden_cells: hiddenCells, confusion, probabilities };

// A picture that Plotly cannot redraw in every frame. A sketch over it shows each point at once. Plotly redraws the picture
// only occasionally, and when the slider rests, to update its table, scale and hover texts. During training it redraws
// the picture only while the visitor points at it or has it in focus, or if the scale no longer fits.
class Quick {
  constructor(plot) {
    Object.assign(this, { plot, places: [], drawnAt: 0, pause: SOMETIMES });
  }

  looked() {
    if (this.waits) this.draw();
  }

  show(follows, look, moment) {
    this.next = () => this.drawing(follows, moment);
    this.sketch(follows, look, moment);
    clearTimeout(this.later);
    if (moment.isLive) this.plot.count();
    this.waits = moment.isLive && !this.isPastScale && !this.plot.frame.matches(LOOKED_AT);
    if (this.waits) return;
    if (!follows.rests && performance.now() - this.drawnAt > this.pause) this.draw();
    else this.later = setTimeout(() => this.draw(), RESTS);
  }

  async draw() {
    const { next } = this;
    const begun = performance.now();
    Object.assign(this, { drawnAt: begun, waits: false });
    const { data, layout, traces } = next();
    try {
      await Plotly.update(this.plot.div, data, layout, traces);
    } catch (error) {
      if (this.plot.div.isConnected) throw error;
      return; // removed meanwhile
    }
    if (this.next === next) this.hide();
    this.drawnAt = performance.now();
    this.pause = Math.max(SOMETIMES, RARELY * (this.drawnAt - begun));
  }

  // Paint matrices as Plotly would: with their colour axes, which are those of the colour bar.
  sketch(follows, look, moment) {
    const { data, traces, write, most, says } = QUICK[follows.kind](follows, moment);
    const { div, frame } = this.plot;
    const { _fullLayout: layout, _fullData: full, calcdata } = div;
    if (says) div.ariaLabel = says;
    this.isPastScale = most > layout.coloraxis?.cmax || most < layout.coloraxis?.cmax / 2;
    frame.classList.toggle("digitviz-sketched", Boolean(write));
    (data.z ?? []).forEach((rows, at) => {
      const trace = full[traces[at]];
      if (!rows || !calcdata[trace.index]?.[0]) return;
      const { cmin, cmax, reversescale } = layout[trace.coloraxis];
      const scale = look.scales[div.layout.meta.scales[trace.coloraxis]];
      this.place(at).show(axesOf(div, trace), calcdata[trace.index][0], rows, reversescale ? [cmax, cmin] : [cmin, cmax], scale);
    });
    if (write) write(this.place(traces.length).blank(layout), layout, full);
  }

  drawing(follows, moment) {
    const { data, layout = {}, traces, most } = QUICK[follows.kind](follows, moment);
    const end = moment.isLive ? ROOM * most : most;
    return { data, layout: most ? { ...layout, "coloraxis.cmin": -end, "coloraxis.cmax": end } : layout, traces };
  }

  // The sketch over a subplot.
  place(number = 0) {
    return (this.places[number] ??= new Place(this.plot.frame));
  }

  hide() {
    clearTimeout(this.later);
    this.waits = false;
    this.plot.frame.classList.remove("digitviz-sketched");
    for (const place of this.places) place?.hide();
  }

  remove() {
    this.hide();
    for (const place of this.places) place?.window.remove();
  }
}

// An image of numbers over a subplot.
class Place {
  constructor(parent) {
    this.window = element("div", "digitviz-over digitviz-sketch", parent);
    this.canvas = element("canvas", "", this.window);
  }

  // `edges` are those of the rows and columns on the axes.
  show([across, down], edges, rows, ends, scale) {
    const [left, right] = [edges.x[0], edges.x.at(-1)].map((edge) => across.c2p(edge));
    const [top, bottom] = [edges.y[0], edges.y.at(-1)].map((edge) => down.c2p(edge));
    lay(this.window, across._offset, down._offset, across._length, down._length);
    lay(this.canvas, left, top, right - left, bottom - top);
    paint(this.canvas, rows, ends, scale);
    this.window.style.display = "";
  }

  // Clear the whole subplot for drawing.
  blank({ xaxis, yaxis }) {
    lay(this.window, xaxis._offset, yaxis._offset, xaxis._length, yaxis._length);
    lay(this.canvas, 0, 0, xaxis._length, yaxis._length);
    this.window.style.display = "";
    const pen = penOn(this.canvas, xaxis._length, yaxis._length);
    Object.assign(pen, { textAlign: "center", textBaseline: "middle" });
    return pen;
  }

  hide() {
    this.window.style.display = "none";
  }
}

const path = (points) => points.map(([x, y], place) => `${place ? "L" : "M"}${x.toFixed(1)},${y.toFixed(1)}`).join("");

// The curve of a batch, or of the nearest drawn batch.
function lossCurve(div, axes, batch) {
  const points = div._fullData.flatMap(({ customdata, x, y }, trace) =>
    Array.from(customdata ?? [], (one, at) => ({ trace, one, x: x[at], y: y[at], far: Math.abs(one - batch) })).filter(({ x }) => x)); // 0 is a gap
  const nearest = points.reduce((best, point) => (point.far < best.far ? point : best), { far: Infinity });
  const curve = points.filter(({ trace, one, y }) => trace === nearest.trace && one === nearest.one && Number.isFinite(y));
  return path(curve.map(({ x, y }) => [axes.xaxis.d2p(x), axes.yaxis.d2p(y)]));
}

// A line across each picture of curves, next to or below one another.
const uprights = (div, { _size, xaxis, xaxis2 }, batch) =>
  [xaxis, xaxis2].filter(Boolean).map((axis) => path([0, _size.h].map((y) => [axis._offset - _size.l + axis.d2p(batch), y]))).join("");
const CURSORS = { curves: uprights, losses: lossCurve };

// The line over curves at the slider's position. It tells the slider which batch is hovered over.
class Cursor {
  constructor(plot) {
    this.plot = plot;
    this.svg = shape("svg", { "aria-hidden": true, class: "digitviz-over digitviz-cursor" }, plot.frame);
    this.line = shape("path", { style: "fill:none;stroke:currentColor;stroke-width:2.5" }, this.svg);
  }

  // The axis has the steps of a batch, or batches.
  hover({ points: [{ customdata, x }] }) {
    this.point(this.follows?.kind === "losses" ? customdata : Math.ceil(x));
  }

  unhover() {
    this.point(null);
  }

  point(batch = null) {
    if (batch === null && !this.isPointed) return;
    this.isPointed = batch !== null;
    tell("peek", batch);
  }

  show(follows, moment) {
    this.follows = follows;
    this.batch = moment?.batch ?? null;
    this.redraw();
  }

  redraw() {
    const layout = this.plot.div._fullLayout;
    const isShown = Boolean(this.batch && layout?._size); // there is no curve before the first batch
    this.svg.style.display = isShown ? "" : "none";
    if (!isShown) return;
    const { l, t, w, h } = layout._size;
    lay(this.svg, l, t, w, h);
    this.line.setAttribute("d", CURSORS[this.follows.kind](this.plot.div, layout, this.batch));
  }

  remove() {
    this.unhover();
    this.svg.remove();
  }
}

export class Follower {
  constructor(plot) {
    this.plot = plot;
  }

  drawn(follows, look) {
    Object.assign(this, { look, isOverwritten: false, follows });
    const { kind } = follows;
    this.picture ??= kind in CURSORS ? new Cursor(this.plot) : new Quick(this.plot);
    this.picture.hide?.();
  }

  show(moment) {
    const { follows, plot, look } = this;
    if (follows.kind in CURSORS) return this.picture.show(follows, moment);
    if (moment && readingOf(follows.digits, moment)) {
      this.isOverwritten = true;
      plot.div.ariaLabel = moment.words;
      this.picture.show(follows, look, moment);
    } else if (this.isOverwritten) {
      this.isOverwritten = false;
      clearTimeout(this.picture.later);
      plot.show(plot.last);
    }
  }

  remove() {
    this.picture?.remove();
  }
}
