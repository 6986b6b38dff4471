// The stream of a run: one connection per tab, kept across pages. The server sends the missing data (server/stream.py).
// Here it becomes the curves (curves.js) and points in training that the weights' pictures follow (follow.js).

import { tell } from "./elements.js";
import { Moment } from "./moment.js";
import { layersOf, numbersOf, sizeOf, unpacked } from "./network.js";
import { _ } from "./words.js";

const SILENCE = 1800; // milliseconds without a message before the server is reported as silent
const GIVE_UP = 5000; // milliseconds without a message before the connection is replaced
const RETRY = 1000; // milliseconds between two attempts to connect
const [GONE, TOO_MANY] = [4404, 4429]; // as in server/stream.py: the session was closed, too many connections

let connection = null;

// The known points of a run's curves.
export class Curves {
  run = "";
  step = 0;

  // Add numbers. Return false if they do not follow the known ones.
  take(head, numbers) {
    if (!head.from) Object.assign(this, { ...head, step: 0, losses: new Map(), ends: new Map() });
    else if (head.run !== this.run || head.from > this.step) return false;
    const { steps, points, losses, ends } = this;
    let at = 0;
    for (const batch of head.shown) {
      if (!losses.has(batch)) losses.set(batch, { steps: [], losses: [] });
      const curve = losses.get(batch);
      for (const point of points) {
        const step = batch * steps + point;
        if (step < head.from || step >= head.to) continue;
        const loss = numbers[at++];
        if (step < this.step) continue; // already known
        curve.steps.push(point + 1);
        curve.losses.push(loss);
      }
    }
    const curves = (numbers.length - at) / head.ends.length;
    for (const batch of head.ends) ends.set(batch, numbers.subarray(at, (at += curves)));
    keepEvery(losses, head.every, head.shown.at(-1));
    keepEvery(ends, head.courseEvery, head.ends.at(-1));
    const growing = head.to < this.batches * steps ? Math.ceil(head.to / steps) - 1 : null; // as in figures/losses.py
    Object.assign(this, { step: head.to, every: head.every, growing });
    return true;
  }
}

const ROW = 6; // numbers in a row of a tape, see `SweepWork.tape` in training/background_sweep.py

// The known results of an experiment, in the order in which they arrived.
export class Tape {
  run = "";
  step = 0;
  rows = [];

  // Add numbers. Return false if they do not follow the known ones.
  take({ run, from, to }, numbers) {
    if (!from) Object.assign(this, { run, step: 0, rows: [] });
    else if (run !== this.run || from > this.step) return false;
    for (let at = ROW * (this.step - from); at < numbers.length; at += ROW) this.rows.push(numbers.subarray(at, at + ROW));
    this.step = to;
    return true;
  }
}

function keepEvery(known, every, last) {
  for (const batch of known.keys()) if (batch % every && batch !== last) known.delete(batch);
}

// The network that the weights' pictures show during training.
export class Weights {
  take(head, numbers) {
    if (head.part === "network") {
      const pixels = numbers.subarray(numbers.length - 64 * head.labels.length);
      this.network = { ...head, pixels, initial: this.layers(head, numbers) };
    } else if (head.serial === this.network?.serial) return this.moment(head, numbers);
    return null;
  }

  // For a large network, the server sends only the cells that are drawn.
  layers({ shapes, bias, cells }, numbers) {
    if (!cells) return layersOf(numbers.subarray(0, sizeOf(shapes, bias)), shapes, bias);
    const layers = shapes.map(([inputs, outputs]) => ({ inputs, outputs, weights: new Float32Array(inputs * outputs), biases: null }));
    this.used = 0;
    layers.forEach((layer, number) => this.fill(layer, cells[number], numbers));
    return layers;
  }

  fill(layer, [rows, columns], numbers) {
    for (const row of rows) for (const column of columns) layer.weights[row * layer.outputs + column] = numbers[this.used++];
  }

  // The network before training, if all of its weights are known.
  initialMoment() {
    const { network } = this;
    return new Moment(network, { layers: network.initial, serial: network.serial, step: 0 });
  }

  moment({ serial, step, shown }, numbers) {
    const { network } = this;
    const layers = this.layers(network, numbers);
    const moment = Object.assign(new Moment(network, { layers, serial, step, isLive: true }), { isPartial: Boolean(network.cells) });
    if (!moment.isPartial) return moment;
    const { length: digits } = network.labels;
    const take = (count) => Float64Array.from(numbers.subarray(this.used, (this.used += count)));
    moment.keep("probabilities", take(10 * digits));
    moment.keep("shown", shown);
    moment.keep("hidden", shown.map((neurons) => take(digits * neurons.length)));
    const ends = [[...Array(layers[0].inputs).keys()], ...shown, [...Array(10).keys()]];
    layers.forEach((layer, at) => this.fill(layer, ends.slice(at, at + 2), numbers));
    return moment;
  }
}

// The pictures of the page that follow the stream.
export const pictures = () =>
  [...document.querySelectorAll(".digitviz-plot, .digitviz-living")].map((div) => div.digitvizPlot).filter((plot) => plot?.last?.live);

class Connection {
  constructor(address) {
    Object.assign(this, { address, curves: new Curves(), weights: new Weights(), tape: new Tape(), host: null, ending: new AbortController() });
    const heard = { capture: true, signal: this.ending.signal };
    for (const kind of ["visibilitychange", "digitviz:view"]) window.addEventListener(kind, () => this.look(), heard);
    this.open();
  }

  open() {
    const socket = new WebSocket(this.address.replace(/^http/, "ws"));
    socket.binaryType = "arraybuffer";
    socket.onopen = () => this.ask(true);
    socket.onmessage = ({ data }) => this.socket === socket && this.hear(data);
    socket.onclose = ({ code }) => this.socket === socket && this.close(code);
    this.socket = socket;
    this.listen();
  }

  close(code) {
    clearTimeout(this.alarm);
    const { socket } = this;
    this.alarm = this.socket = null; // it is not heard any more
    socket?.close();
    this.next = clearTimeout(this.next);
    if (code === GONE) this.host?.lose();
    else {
      if (this.host && !document.hidden) this.alarm = setTimeout(() => this.host?.tellOfSilence(code === TOO_MANY), RETRY);
      this.next = setTimeout(() => this.open(), RETRY);
    }
  }

  // End for a page that has a different session by now. It has not lost its run.
  end() {
    this.ending.abort();
    this.host = null;
    this.close(GONE);
  }

  // Follow the run for a page that was rerun. `host` is its headline. Without a host, the server sends nothing.
  follow(host) {
    this.host = host;
    if (!this.socket && !this.next) this.open();
    this.ask(true);
    this.listen();
  }

  look() {
    this.ask(document.visibilityState === "visible" && this.wasHidden);
    this.wasHidden = document.hidden;
    this.listen();
  }

  ask(isFresh = false, pressed = undefined) {
    if (this.socket?.readyState !== WebSocket.OPEN) return false;
    const awake = Boolean(this.host) && !document.hidden;
    const parts = awake ? [...new Set(pictures().filter(({ inView }) => inView).map(({ last }) => last.live.part))].sort() : [];
    const experiment = this.host?.isExperiment;
    const wanted = JSON.stringify({ awake, parts, experiment, lang: document.documentElement.lang.slice(0, 2) });
    if (wanted === this.wanted && !isFresh && !pressed) return true;
    this.wanted = wanted;
    const { run, step } = experiment ? this.tape : this.curves;
    this.socket.send(JSON.stringify({ ...JSON.parse(wanted), ...(isFresh && { fresh: true, run, step }), pressed }));
    return true;
  }

  // Restart the alarm. Every message shows that the server responds.
  listen() {
    clearTimeout(this.alarm);
    this.alarm = null;
    if (!this.host || document.hidden) return;
    this.alarm = setTimeout(() => {
      this.host?.tellOfSilence();
      this.alarm = setTimeout(() => this.socket && this.close(0), GIVE_UP - SILENCE);
    }, SILENCE);
  }

  hear(data) {
    this.listen();
    if (typeof data === "string") {
      const state = JSON.parse(data);
      const isForHost = "headline" in state !== Boolean(this.host?.isExperiment); // not in flight since another page
      return this.host && isForHost && this.host.tell(state);
    }
    const block = unpacked(new Uint8Array(data));
    const [head, numbers] = [block.head, numbersOf(block)];
    if (head.part !== "network" && head.part !== "weights") {
      const known = this[head.part];
      if (!known.take(head, numbers)) return this.ask(true);
      if (head.part === "curves") this.host?.move(head.to);
      tell(head.part, known);
    } else {
      const moment = this.weights.take(head, numbers);
      if (moment && this.host) tell("moment", Object.assign(moment, { words: _("now") }));
    }
  }
}

export function follow(address, host) {
  const url = new URL(address, document.baseURI).href;
  if (connection?.address !== url) {
    connection?.end();
    connection = new Connection(url);
  }
  connection.follow(host);
}

// Pause or resume the run: `what` is "pause" or "resume". Return whether the request was sent.
export function press(host, what) {
  return connection?.host === host && connection.ask(false, what);
}

// Stop following the run for this host.
export function leave(host) {
  if (connection?.host === host) {
    connection.host = null;
    connection.ask();
    connection.listen();
  }
}
