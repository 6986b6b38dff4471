// A digit, the neurons of a small network and its edges, drawn as SVG for the current width. One stage at a time shows the
// numbers on its edges; a button plays the stages one after another.

import { speak } from "./speak.js";

const SVG = "http://www.w3.org/2000/svg";
const PAUSE = 4000; // milliseconds for each stage while playing
const [NARROW, WIDEST] = [560, 1240]; // pixels
const SIDE = 8;
const TOP = 30; // pixels for the titles
const [WIDE, HIGH] = [76, 30]; // size of a hidden neuron in pixels
const BAR = 130; // longest bar of an output in pixels

const element = (kind, className, parent, textContent = "") =>
  parent.appendChild(Object.assign(document.createElement(kind), { className, textContent }));

function shape(kind, attributes, parent, text = "") {
  const made = parent.appendChild(document.createElementNS(SVG, kind));
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
  made.textContent = text;
  return made;
}

class Flow {
  constructor(parent) {
    this.div = element("div", "digitviz-flow", parent);
    this.div.toggleAttribute("data-main-picture", true);
    this.buttons = element("div", "stages", this.div);
    this.svg = shape("svg", { role: "img" }, this.div);
    const words = element("p", "", this.div);
    this.sentence = element("span", "sentence", words);
    this.letters = element("i", "", words);
    this.list = element("ul", "list", this.div);
    this.stage = 0;
    this.observer = new ResizeObserver(() => this.data && this.draw());
    this.observer.observe(this.div);
  }

  show(data) {
    this.data = data;
    this.stage = Math.min(this.stage, data.stages.length - 1);
    this.buttons.replaceChildren();
    this.play = element("button", "play", this.buttons);
    this.play.onclick = () => (this.timer ? this.stop() : this.start());
    this.choices = data.stages.map(({ name }, stage) => {
      const button = element("button", "", this.buttons);
      element("span", "name", button, name);
      return Object.assign(button, { onclick: () => this.choose(stage) });
    });
    data.legend.forEach((text, less) => element("span", `legend ${less ? "negative" : ""}`, this.buttons, text));
    this.stop();
    this.draw();
  }

  start() {
    this.timer = setInterval(() => this.next(), PAUSE);
    this.play.textContent = `◼ ${this.data.stop}`;
    this.next();
  }

  next() {
    const stages = this.data.stages.length;
    this.go((this.stage + 1) % stages);
    if (this.stage === stages - 1) this.stop();
  }

  stop() {
    clearInterval(this.timer);
    this.timer = null;
    this.play.textContent = `▶ ${this.data.play}`;
  }

  choose(stage) {
    this.stop();
    this.go(stage);
  }

  go(stage) {
    this.stage = stage;
    this.draw();
    speak(this.data.stages[stage].sentence);
  }

  // Sizes for the current width: the digit on the left, then the layers in columns of equal distance. A wide window enlarges
  // the picture as a whole.
  measure() {
    this.width = Math.min(this.div.clientWidth, WIDEST);
    const narrow = this.width < NARROW;
    this.height = narrow ? 400 : Math.max(this.width * 0.28, 320);
    this.side = Math.min(this.height * 0.76, this.width * 0.24);
    this.top = TOP + (this.height - TOP - this.side) / 2 - 6;
    this.bar = narrow ? 0 : BAR;
    this.gap = (this.width - (narrow ? 78 : 84) - this.bar - this.side) / this.data.columns.length;
  }

  at([column, index]) {
    const { side, top, height } = this;
    if (column === 0) {
      if (index >= SIDE * SIDE) return [side / 2, top + side + 8];
      return [((index % SIDE) + 1) * (side / SIDE) - 1, top + (Math.floor(index / SIDE) + 0.5) * (side / SIDE)];
    }
    const count = this.data.columns[column - 1].length;
    return [side + this.gap * column, TOP + ((index + 0.5) / count) * (height - TOP)];
  }

  draw() {
    if (!this.div.clientWidth) return; // hidden
    const { stages, edges, ink, pixels, titles, columns } = this.data;
    this.measure();
    const { svg, stage, side, top } = this;
    this.choices.forEach((button, number) => button.setAttribute("aria-pressed", String(number === stage)));
    this.sentence.textContent = stages[stage].sentence;
    this.letters.textContent = stages[stage].letters;
    svg.replaceChildren();
    svg.setAttribute("viewBox", `0 0 ${this.width} ${this.height}`);
    svg.setAttribute("aria-label", titles.join(" → "));
    const lit = edges.filter((edge) => edge.stage === stage);
    const shown = new Set(edges.filter(({ source }) => source[0] === 0).map(({ source }) => source[1]));
    ink.forEach((dark, index) => {
      const [x, y] = [(index % SIDE) * (side / SIDE), top + Math.floor(index / SIDE) * (side / SIDE)];
      const look = { class: shown.has(index) ? "pixel shown" : "pixel", width: side / SIDE - 1, height: side / SIDE - 1 };
      shape("rect", { x, y, ...look, fill: `color-mix(in srgb, currentColor ${Math.round(dark * 90 + 4)}%, transparent)` }, svg);
    });
    for (const edge of edges) if (edge.stage === null) this.edge(edge, 0.15 + 0.5 * Math.abs(edge.strength));
    shape("text", { x: this.bar ? side / 2 : 0, y: top + side + 22, class: this.bar ? "" : "from-left" }, svg, pixels);
    titles.forEach((title, column) => {
      const x = column ? this.at([column, 0])[0] : side / 2;
      shape("text", { x, y: column ? 8 : top - 14 }, svg, title);
    });
    const spread = lit.filter(({ source }) => source[0] === 0).sort((one, other) => one.source[1] - other.source[1]);
    lit.forEach((edge) => this.edge(edge, 1, spread.indexOf(edge), spread.length));
    columns.forEach((nodes, column) => nodes.forEach((node, index) => this.node(node, column + 1, index)));
    this.list.replaceChildren();
    for (const { says } of lit) element("li", "", this.list, says);
  }

  // An edge, with its number if it is lit. Edges from pixels pass their numbers at even distances.
  edge({ source, target, strength, says, brief }, opacity, order = -1, count = 0) {
    const [[x0, y0], [x1, y1]] = [this.at(source), this.at(target)];
    const is_lit = opacity === 1;
    const isBackward = source[0] > target[0];
    const along = this.bar ? 0.35 : isBackward ? 0.46 : 0.62; // on a phone, beyond the caption of the neuron
    let [x, y, route] = [x0 + (x1 - x0) * along, y0 + (y1 - y0) * along, `L ${x1} ${y1}`];
    if (order >= 0) {
      [x, y] = [this.side + this.gap * (this.bar ? 0.46 : 0.3), TOP + ((order + 0.5) / count) * (this.height - TOP)];
      if (count === 1 && !this.bar) y = y1 + (this.height - TOP) / this.data.columns[target[0] - 1].length / 2; // below it
      const bend = Math.max(x - x0, 0) / 2;
      route = `C ${x0 + bend} ${y0}, ${x - bend} ${y}, ${x} ${y} L ${x1} ${y1}`;
    }
    const name = `${is_lit ? "lit" : ""} ${strength < 0 ? "negative" : ""}`;
    const look = { class: name, opacity, "stroke-width": 1 + (isBackward && this.bar ? 5 : 3) * Math.abs(strength) };
    shape("path", { d: `M ${x0} ${y0} ${route}`, ...look }, this.svg);
    if (isBackward && !is_lit && Math.abs(strength) > 0.4) {
      const turned = (Math.atan2(y1 - y0, x1 - x0) * 180) / Math.PI;
      shape("path", { d: "M -5 -7 L 4 0 L -5 7", transform: `translate(${x} ${y}) rotate(${turned})`, ...look }, this.svg);
    }
    if (is_lit) shape("text", { x, y, class: "halo" }, this.svg, this.gap < 150 ? brief : says);
  }

  node({ name, values, caption }, column, index) {
    const [x, y] = this.at([column, index]);
    if (!values.length) {
      shape("text", { x, y, class: "halo" }, this.svg, this.gap < 150 ? name : caption);
      return;
    }
    const is_output = column === this.data.columns.length;
    const { since, text = "?", level = 0, is_signed, missing = 0 } = values.findLast((value) => value.since <= this.stage) ?? {};
    const followed = this.stage && caption && text !== "?"; // until the answer is shown, the visitor may predict it
    const group = shape("g", { class: `${followed ? "followed" : ""} ${since === this.stage ? "now" : ""}` }, this.svg);
    const wide = is_output ? HIGH : Math.min(WIDE, this.gap * 0.5);
    const [left, top] = [x - wide / 2, y - HIGH / 2];
    const sign = !is_signed ? "" : level < 0 ? "less" : "more";
    const bar = { class: `level ${sign}`, width: Math.abs(level) * (is_output ? this.bar : wide) };
    shape("rect", { class: "neuron", x: left, y: top, width: wide, height: HIGH, rx: is_output ? HIGH / 2 : 6 }, group);
    if (is_output) {
      shape("text", { x, y }, group, name);
      shape("rect", { ...bar, x: left + wide + 6, y: top + 5, height: HIGH - 10 }, group);
      const outline = { x: left + wide + 6 + bar.width, width: missing * this.bar };
      if (outline.width) shape("rect", { ...outline, class: "missing", y: top + 6, height: HIGH - 12 }, group);
      const start = outline.x + outline.width + (this.bar ? 4 : -3);
      const number = shape("text", { x: start, y, class: "from-left halo" }, group, text);
      const room = this.width - start;
      if (number.getComputedTextLength() > room) { // on a phone, a number like 0.00000503
        for (const [name, value] of [["textLength", room], ["lengthAdjust", "spacingAndGlyphs"]]) number.setAttribute(name, value);
      }
      return;
    }
    shape("rect", { ...bar, x: left, y: top + HIGH - 8, height: 7, rx: 3 }, group);
    shape("text", { x, y: y - 3 * Boolean(level) }, group, text);
    if (followed) shape("text", { x: x - (this.bar ? 0 : 22), y: y - 25, class: "halo" }, group, caption);
  }

  remove() {
    clearInterval(this.timer);
    this.observer.disconnect();
    this.div.remove();
  }
}

export function show({ data, parentElement }) {
  (parentElement.digitvizFlow ??= new Flow(parentElement)).show(data);
}

export function remove(parentElement) {
  parentElement.digitvizFlow?.remove();
  delete parentElement.digitvizFlow;
}
