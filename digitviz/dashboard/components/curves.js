// Extends a run's curves during training (stream.js). A canvas over the picture shows the new parts. Plotly redraws the
// picture with all parts only if its axes must change, or if the visitor points at it.

import { element } from "./elements.js";
import { clip, penOn } from "./paint.js";
import { axesOf } from "./spots.js";

const REST = 300; // milliseconds between two drawings by Plotly
const LOOKED_AT = 1000; // the same while the visitor points at the picture
const [WIDE, DOT] = [3.5, 4.5]; // as in figures/losses.py
const Z = 1.959963984540054; // half of the interval that holds 95 % of a normal distribution

const traceOf = (batch, batches, { first, colours }) => first + (batch ? 1 + Math.min(Math.floor((batch * colours) / batches), colours - 1) : 0); // the first batch has its own

// Return the line through the values from a batch on, and some before it: Plotly's line ends at the last of these, and a line
// that began there, at another angle, would leave a gap.
function after(values, batch, valueOf, before = 2) {
  const known = [...values];
  const at = known.findIndex(([each]) => each >= batch);
  const shown = at < 0 ? [] : known.slice(Math.max(0, at - before));
  return { x: shown.map(([each]) => each + 1), y: shown.map(([, value]) => valueOf(value)) };
}

// Steps of a batch on the axis, like `_across` in figures/losses.py.
const across = (batch, curve, { steps }, { along }) => (along ? curve.steps.map((step) => Math.fround(batch + step / steps)) : curve.steps);

// One of the known curves, from the end of the one before if they follow one another.
function lineOf(known, at, curves, meta) {
  const [batch, curve] = known[at];
  const line = { trace: traceOf(batch, curves.batches, meta), x: across(batch, curve, curves, meta), y: curve.losses };
  if (!meta.along || !at) return line;
  const [before, { steps, losses }] = known[at - 1];
  return { ...line, x: [before + steps.at(-1) / curves.steps, ...line.x], y: [losses.at(-1), ...line.y] };
}

// The loss on test digits, for as many digits as a batch has.
const ofTestDigits = ({ ends, steps }, from, { digits }) =>
  digits ? [after(ends, Math.floor(from / steps), ([, , , loss]) => Math.fround(loss * digits))] : [];

// The lower or the upper end of Wilson's interval, like `wilson_interval` in explanations/evaluation.py.
function wilson(correct, count, side) {
  const share = correct / count;
  const middle = (share + Z ** 2 / (2 * count)) / (1 + Z ** 2 / count);
  const half = (Z / (1 + Z ** 2 / count)) * Math.sqrt((share * (1 - share)) / count + Z ** 2 / (4 * count ** 2));
  return Math.min(1, Math.max(0, middle + side * half));
}

// A kind of picture with a few long lines.
function whole(linesAfter) {
  const lines = (curves, from, meta) => linesAfter(curves, from, meta).map((line, at) => ({ ...line, trace: meta.first + at }));
  return {
    done: () => [],
    grows: lines,
    traces: (curves, meta) => lines(curves, 0, meta).map(({ trace, x, y, isEdge }) => [trace, { x, y, mode: x.length > 1 || isEdge ? "lines" : "markers" }]),
  };
}

// Kinds of pictures. `done` are the lines that have ended after a step, `grows` those that still change: each with its trace,
// and with the points from the step on. `traces` is the data for Plotly.
export const KINDS = {
  // One line per batch, coloured from the first batch to the last, or one after another as a single line (`along`). The current
  // batch is drawn over them, and over it the loss on test digits.
  losses: {
    done: (curves, from, meta) => {
      const least = Math.ceil(from / curves.steps) - 1;
      const known = [...curves.losses];
      return known.flatMap(([batch], at) => (batch < least || batch === curves.growing ? [] : [lineOf(known, at, curves, meta)]));
    },
    grows: (curves, from, meta) => {
      const known = [...curves.losses].filter(([batch]) => batch === curves.growing);
      const tests = ofTestDigits(curves, from, meta).map((line) => ({ ...line, width: WIDE, dot: line.x.length > 1 ? 0 : DOT, trace: meta.first + 3 }));
      return [...tests, ...known.map((_, at) => ({ ...lineOf(known, at, curves, meta), width: meta.along ? 1.8 : WIDE, dot: DOT }))];
    },
    // One trace per colour, and one for the first batch. Gaps separate the curves of a trace.
    traces: (curves, meta) => {
      const { first, colours, along } = meta;
      const all = Array.from({ length: colours + 1 }, () => ({ x: [], y: [], customdata: [] }));
      for (const [batch, curve] of curves.losses) {
        if (batch === curves.growing) continue;
        const { x, y, customdata } = all[traceOf(batch, curves.batches, meta) - first];
        for (const step of across(batch, curve, curves, meta)) x.push(step);
        for (const loss of curve.losses) y.push(loss);
        if (!along) [x, y].forEach((values, at) => values.push([0, NaN][at]));
        while (customdata.length < x.length) customdata.push(batch + 1);
      }
      const none = { x: [], y: [], customdata: [] }; // the current curve and its dot, see figures/losses.py
      const tests = ofTestDigits(curves, 0, meta).map((line) => ({ ...line, mode: line.x.length > 1 ? "lines" : "markers" }));
      return [...all, none, none, ...tests].map((trace, at) => [first + at, trace]);
    },
  },
  // Accuracy and, in a high picture, loss at the ends of batches, for training and test digits, and a band around the accuracy on test digits.
  course: whole(({ ends, steps }, from, { digits, is_low: isLow }) => {
    const line = (valueOf, before) => after(ends, Math.floor(from / steps), valueOf, before);
    const lines = (isLow ? [0, 1] : [0, 2, 1, 3]).map((curve) => line((values) => values[curve]));
    if (!digits) return lines;
    const [low, high] = [-1, 1].map((side) => line((values) => Math.fround(wilson(Math.round(values[1] * digits), digits, side)), 1));
    return [...lines, { ...low, isEdge: true }, { ...high, isEdge: true, low: low.y }];
  }),
};

export class GrowingCurves {
  constructor(plot) {
    this.plot = plot;
    this.canvases = [0, 1].map(() => element("canvas", "digitviz-over", plot.frame));
  }

  // Continue from the server's picture, which shows the run up to a step.
  drawn({ kind, step, run, ...meta }) {
    Object.assign(this, { kind: KINDS[kind], meta, inPlotly: step, painted: step, isHandedOver: false });
    this.clear();
    if (this.curves?.run === run) this.grow(this.curves);
  }

  grow(curves) {
    if (!this.kind || !this.plot.inView || this.plot.drawing) {
      this.curves = curves;
      return;
    }
    const { run, step, steps, every } = curves;
    const isOther = run !== this.run || step < this.inPlotly || every !== this.every;
    const ended = (at) => Math.min(2, Math.floor(at / steps)); // Plotly's legend leaves out empty traces, and has a dot for one point
    Object.assign(this, { curves, run, every });
    const lines = this.lines();
    if (isOther || ended(this.inPlotly) < ended(step) || !this.isHandedOver || this.isOutside(lines)) this.hand();
    if (!this.isDrawing) this.paint(lines);
    this.plot.count();
  }

  // Return whether a line leaves the axes. Zoomed axes stay as they are.
  isOutside(lines) {
    return lines.flat().some(({ trace, x, y }) => {
      const [xaxis, yaxis] = this.axes(trace);
      const { range } = yaxis;
      const isAbove = (value) => Number.isFinite(value) && (yaxis.d2c(value) > range[1] || yaxis.d2c(value) < range[0]);
      return (yaxis.autorange && y.some(isAbove)) || (xaxis.autorange && x.at(-1) > xaxis.range[1]);
    });
  }

  axes(trace) {
    return axesOf(this.plot.div, this.plot.div.data[trace]); // an empty trace has no full data
  }

  // Let Plotly draw all known points: the first time at once, later after a pause.
  hand() {
    this.isHandedOver = true;
    if (this.handing) return;
    const pause = Math.max(0, (this.handedAt ?? 0) + REST - performance.now());
    this.handing = setTimeout(() => this.handOver(), pause);
  }

  async handOver() {
    const { plot, curves, meta } = this;
    if (!plot.div.isConnected || plot.drawing || !this.kind) {
      this.handing = null;
      this.isHandedOver = false;
      return;
    }
    this.isDrawing = true;
    const traces = this.kind.traces(curves, meta);
    const names = Object.keys(Object.assign({}, ...traces.map(([, trace]) => trace)));
    const update = Object.fromEntries(names.map((name) => [name, traces.map(([, trace]) => trace[name])]));
    const { step } = curves;
    await window.Plotly.update(plot.div, update, meta.notes ? { annotations: meta.notes } : {}, traces.map(([place]) => place)).catch(() => {});
    Object.assign(this, { isDrawing: false, handing: null, handedAt: performance.now() });
    if (meta !== this.meta) return; // the server's next picture is there
    this.inPlotly = step;
    this.redraw();
  }

  // Give Plotly all known points, for a table.
  async complete() {
    if (this.curves?.step > this.inPlotly) await this.handOver();
  }

  looked() {
    if (this.curves && this.kind && this.curves.step > this.inPlotly && performance.now() - (this.handedAt ?? 0) > LOOKED_AT) this.hand();
  }

  clear() {
    const { clientWidth: width, clientHeight: height } = this.plot.div;
    this.size = { width, height }; // kept, because reading it makes the browser lay out the page
    this.pens = this.canvases.map((canvas) => penOn(canvas, width, height));
    this.paths = new Map(); // of the lines that have ended, by trace
  }

  // While the server's next picture is drawn, Plotly no longer has the lines of this one.
  redraw() {
    if (!this.curves || !this.kind || this.isDrawing || !this.isHandedOver || this.plot.drawing) return;
    this.clear();
    this.painted = this.inPlotly;
    this.paint();
  }

  // Return the lines that have ended since the last painting, and those that still grow since Plotly's last drawing.
  lines() {
    const { kind, curves, meta, painted, inPlotly } = this;
    return [kind.done(curves, painted, meta), kind.grows(curves, inPlotly, meta)];
  }

  // Paint the new parts. The lines that still grow have their own canvas.
  paint([done, growing] = this.lines()) {
    const { width, height } = this.size;
    const [still, moving] = this.pens;
    for (const line of done) {
      const path = this.paths.get(line.trace);
      this.paths.set(line.trace, this.outline(line, path, Boolean(path && this.meta.along)));
    }
    if (done.length) still.clearRect(0, 0, width, height);
    if (done.length) for (const [trace, path] of this.paths) this.stroke(still, { trace }, path);
    moving.clearRect(0, 0, width, height);
    for (const line of growing) this.stroke(moving, line);
    for (const line of growing) if (line.dot) this.mark(moving, line);
    this.painted = this.curves.step;
    this.plot.div.dataset.batches = this.curves.losses.size; // drawn here or by Plotly
  }

  // The dot at the end of a line, over all lines.
  mark(pen, { trace, x, y, dot }) {
    const [xaxis, yaxis] = this.axes(trace);
    if (!Number.isFinite(yaxis.d2p(y.at(-1)))) return;
    pen.fillStyle = this.plot.div.data[trace].line.color;
    pen.beginPath();
    pen.arc(xaxis._offset + xaxis.d2p(x.at(-1)), yaxis._offset + yaxis.d2p(y.at(-1)), dot, 0, 2 * Math.PI);
    pen.fill();
  }

  // Add a line to a path. The lines of a trace are one path, as in Plotly: where transparent lines cross, they are not darker.
  outline({ trace, x, y, low }, path = new Path2D(), isOn = false) {
    const [xaxis, yaxis] = this.axes(trace);
    for (let at = 0; at < x.length; at += 1) {
      const [left, top] = [xaxis._offset + xaxis.d2p(x[at]), yaxis._offset + yaxis.d2p(y[at])];
      if (!Number.isFinite(top)) isOn = false;
      else if (isOn) path.lineTo(left, top);
      else [isOn] = [true, path.moveTo(left, top)];
    }
    if (low) for (let at = x.length - 1; at >= 0; at -= 1) path.lineTo(xaxis._offset + xaxis.d2p(x[at]), yaxis._offset + yaxis.d2p(low[at]));
    return path;
  }

  stroke(pen, line, path = this.outline(line)) {
    const { trace, width, isEdge, low } = line;
    const { line: look, fillcolor, opacity = 1 } = this.plot.div.data[trace];
    if (isEdge && !low) return;
    clip(pen, ...this.axes(trace));
    const drawn = { lineWidth: width ?? look.width, lineJoin: "miter", miterLimit: 2, globalAlpha: width ? 1 : opacity }; // as Plotly's
    Object.assign(pen, low ? { fillStyle: fillcolor } : { strokeStyle: look.color, ...drawn });
    if (low) pen.fill(path);
    else pen.stroke(path);
    pen.restore();
  }

  remove() {
    clearTimeout(this.handing);
    this.kind = null;
    for (const canvas of this.canvases) canvas.remove();
    delete this.plot.div.dataset.batches;
  }
}
