// A digit, the neurons of a small network and its edges, drawn as SVG for the current width. One stage at a time shows the
// numbers on its edges; a button plays the stages one after another.

import { element, fill, shape, SIDE } from "./elements.js";
import { speak } from "./speak.js";

const PAUSE = 4000; // milliseconds for each stage while playing
const [NARROW, WIDEST] = [560, 1240]; // pixels
const TOP = 30; // pixels for the titles
const AROUND = 343; // pixels of a low window for what is above the picture, its sentence, and what follows
const [WIDE, HIGH] = [76, 30]; // size of a hidden neuron in pixels
const [BAR, THICK, WORDS] = [230, 24, 120]; // pixels: longest bar of an output, its height, and the words after it
const [SPACIOUS, ROOMY] = [150, 270]; // smallest distances of layers in pixels for long texts, and for a caption after them
const NEGLIGIBLE = 0.01; // smallest part of the largest product whose numbers are shown, except beside an output
// Kinds of lines: their least opacity, and what the strength adds to it and to their width.
const LOOKS = { lit: [1, 0], followed: [0.25, 0.5], pale: [0.1, 0.25, 2], first: [0.15, 0.65, 2], grey: [0.25, 0, 0] };
const [ROOM, LEGIBLE] = [12, 14]; // pixels around a text in a bar; half of the smallest pixel with its number in it

// Narrow a text that is wider than its room, such as a number like 0.00000503 on a phone.
function squeeze(text, room) {
  if (text.getComputedTextLength() <= room) return;
  for (const [name, value] of [["textLength", room], ["lengthAdjust", "spacingAndGlyphs"]]) text.setAttribute(name, value);
}

export default class Flow {
  constructor(parent) {
    this.div = element("div", "digitviz-flow", parent);
    this.div.toggleAttribute("data-main-picture", true);
    this.div.style.setProperty("--pause", `${PAUSE}ms`);
    this.svg = shape("svg", {}, this.div);
    this.buttons = element("div", "stages", this.div);
    const words = element("p", "", this.div);
    this.sentence = element("span", "sentence", words);
    this.letters = element("i", "", words);
    this.list = element("ul", "list", this.div);
    this.stage = 0;
    new ResizeObserver(() => this.data && this.draw()).observe(this.div);
  }

  dressAgain() {
    this.draw(); // the guess stays
  }

  rerun(data) {
    const isOver = data.guess && this.stage === this.data?.stages.length - 1; // the next answer is to be guessed first
    this.stage = isOver ? 0 : Math.min(this.stage, data.stages.length - 1);
    this.data = data;
    this.guess = null;
    this.svg.setAttribute("role", data.guess ? "group" : "img");
    this.buttons.replaceChildren();
    this.play = element("button", "play", this.buttons);
    this.play.onclick = () => (this.timer ? this.stop() : this.start());
    this.choices = data.stages.map(({ name }, stage) => {
      const button = element("button", "", this.buttons);
      element("span", "name", button, name);
      button.title = name;
      return Object.assign(button, { onclick: () => this.choose(stage) });
    });
    data.legend.forEach((text, less) => element("span", `legend ${less ? "negative" : ""}`, this.buttons, text));
    this.stop();
    this.draw();
  }

  start() {
    this.timer = setInterval(() => this.next(), PAUSE);
    this.div.classList.add("playing");
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
    this.div.classList.remove("playing");
    this.play.textContent = `▶ ${this.data.play}`;
  }

  choose(stage) {
    this.stop();
    this.go(stage);
  }

  go(stage) {
    this.stage = stage;
    this.draw();
    speak(this.sentence.textContent);
  }

  // Sizes for the current width: the digit on the left, then the layers in columns of equal distance. A wide window enlarges
  // the picture as a whole.
  measure() {
    this.width = Math.min(this.div.clientWidth, WIDEST);
    const narrow = this.width < NARROW;
    const room = (innerHeight - AROUND - this.buttons.offsetHeight) * (this.width / this.div.clientWidth);
    this.height = narrow ? 400 : Math.max(Math.min(this.width * 0.37, room), 320);
    this.side = Math.min(this.height * 0.76, this.width * (narrow && this.data.columns.length > 3 ? 0.18 : 0.24));
    this.top = TOP + (this.height - TOP - this.side) / 2 - 6;
    this.bar = narrow ? 0 : BAR;
    const [free, layers] = [this.width - (narrow ? 78 : 84) - this.bar - this.side, this.data.columns.length];
    this.words = this.bar && this.data.blamed.length && free - WORDS >= SPACIOUS * layers ? WORDS : 0;
    this.gap = (free - this.words) / layers;
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
    const { stages, edges, ink, inks, pixels, titles, columns, guess } = this.data;
    this.measure();
    const { svg, stage, side, top } = this;
    this.choices.forEach((button, number) => button.setAttribute("aria-pressed", String(number === stage)));
    const verdict = this.guess && stage === stages.length - 1 && guess[this.guess === guess.answer ? "right" : "wrong"];
    this.sentence.textContent = verdict || stages[stage].sentence;
    this.letters.textContent = stages[stage].letters;
    svg.replaceChildren();
    svg.setAttribute("viewBox", `0 0 ${this.width} ${this.height}`);
    svg.setAttribute("aria-label", titles.map(([title]) => title).join(" → "));
    const lit = edges.filter((edge) => edge.stage === stage);
    const ends = edges.flatMap(({ source, target }) => [source, target]);
    const shown = new Set(ends.filter(([column, index]) => column === 0 && index < SIDE * SIDE).map(([, index]) => index));
    ink.forEach((dark, index) => {
      const [x, y] = [(index % SIDE) * (side / SIDE), top + Math.floor(index / SIDE) * (side / SIDE)];
      const [look, middle] = [{ class: shown.has(index) ? "pixel shown" : "pixel", width: side / SIDE - 1, height: side / SIDE - 1 }, side / SIDE / 2];
      shape("rect", { x, y, ...look, fill: `color-mix(in srgb, currentColor ${Math.round(dark * 90 + 4)}%, transparent)` }, svg);
      if (stage || middle < LEGIBLE || !inks.length) return;
      shape("text", { x: x + middle, y: y + middle, class: dark > 0.5 ? "ink on-dark" : "ink", "aria-hidden": true }, svg, inks[index]);
    });
    const covered = new Set(lit.flatMap(({ source, target }) => [`${source} ${target}`, `${target} ${source}`]));
    const quiet = edges.filter(({ stage: own, source, target }) => own === null && !covered.has(`${source} ${target}`));
    quiet.sort((one, other) => one.is_followed - other.is_followed).forEach((edge) => this.edge(edge));
    titles.forEach(([title, brief], column) => {
      const x = column ? this.at([column, 0])[0] : side / 2;
      const room = column ? this.gap * (columns.length < 3 ? 1.3 : 1) - 5 : side; // the outputs have a short title
      squeeze(shape("text", { x, y: column ? 8 : top - 14 }, svg, this.gap < SPACIOUS ? brief : title), room);
    });
    const spread = lit.filter(({ source }) => source[0] === 0).sort((one, other) => one.source[1] - other.source[1]);
    lit.forEach((edge) => this.edge(edge, spread.indexOf(edge), spread.length));
    if (guess && stage === 0 && this.bar) {
      shape("text", { x: this.at([columns.length, 0])[0] + 58, y: 8, class: "from-left invites" }, svg, `↓ ${guess.here}`);
    }
    columns.forEach((nodes, column) => nodes.forEach((node, index) => this.node(node, column + 1, index)));
    if (shown.size) shape("text", { x: 0, y: top + side + 22, class: "halo from-left" }, svg, pixels);
    for (const { index, strength } of stage ? [] : this.data.blamed) {
      const [x, y] = this.at([columns.length, index]);
      const [tip, end] = [x - (this.bar ? HIGH * 2.4 : Math.min(HIGH * 1.6, this.gap * 0.6)), x - HIGH * 0.7];
      const look = { class: strength < 0 ? "negative" : "", "stroke-width": 1.5 + 5 * Math.abs(strength) };
      shape("path", { d: `M ${end} ${y} H ${tip} M ${tip + 9} ${y - 8} L ${tip} ${y} L ${tip + 9} ${y + 8}`, ...look }, svg);
    }
    this.list.replaceChildren();
    for (const { says } of lit) element("li", "", this.list, says);
  }

  // An edge, with its number if it is lit. Edges from pixels pass their numbers at even distances.
  edge({ source, target, strength, stage, says, brief, since, is_followed }, order = -1, count = 0) {
    const [[x0, y0], [x1, y1]] = [this.at(source), this.at(target)];
    const [is_lit, isReached, isBackward] = [stage !== null, since <= this.stage, source[0] > target[0]];
    const along = this.bar ? 0.35 : isBackward ? 0.46 : 0.62; // on a phone, beyond the caption of the neuron
    let [x, y, route] = [x0 + (x1 - x0) * along, y0 + (y1 - y0) * along, `L ${x1} ${y1}`];
    if (order >= 0) {
      [x, y] = [this.side + this.gap * (this.bar ? 0.4 : 0.3), TOP + ((order + 0.5) / count) * (this.height - TOP)];
      if (count === 1 && !this.bar) y = y1 + (this.height - TOP) / this.data.columns[target[0] - 1].length / 2; // below it
      const bend = Math.max(x - x0, 0) / 2;
      route = `C ${x0 + bend} ${y0}, ${x - bend} ${y}, ${x} ${y} L ${x1} ${y1}`;
    }
    const quiet = isBackward && !isReached ? "grey" : this.stage ? "pale" : "first";
    const kind = is_lit ? "lit" : is_followed && isReached ? "followed" : quiet;
    const [least, more, width] = LOOKS[kind];
    const look = {
      class: `${kind} ${strength < 0 ? "negative" : ""}`, opacity: least + more * Math.abs(strength),
      "stroke-width": 1 + (width ?? (isBackward && this.bar ? 5 : 3)) * Math.abs(strength),
    };
    const line = shape("path", { d: `M ${x0} ${y0} ${route}`, ...look }, this.svg);
    if (!is_lit && (since === this.stage || !(this.stage || isBackward))) {
      line.setAttribute("pathLength", 1);
      line.classList.add("grows");
      line.style.animationDelay = `${this.stage ? 0 : source[0] / 2}s`; // at first, one layer after another
    }
    if (isBackward && kind !== quiet && order < 0 && Math.abs(strength) > 0.4) {
      const at = is_lit ? 0.7 : along; // beyond the number
      const turned = (Math.atan2(y1 - y0, x1 - x0) * 180) / Math.PI;
      shape("path", { d: "M -5 -7 L 4 0 L -5 7", transform: `translate(${x0 + (x1 - x0) * at} ${y0 + (y1 - y0) * at}) rotate(${turned})`, ...look }, this.svg);
    }
    const isSmall = Math.abs(strength) < NEGLIGIBLE;
    const text = this.gap >= SPACIOUS ? says : isSmall ? "≈ 0" : brief;
    if (is_lit && source[0] === this.data.columns.length) shape("text", { x: x0 - HIGH / 2 - 4, y: y0, class: "halo to-left" }, this.svg, text);
    else if (is_lit && !isSmall) shape("text", { x, y, class: "halo" }, this.svg, text);
  }

  node({ name, values, caption }, column, index) {
    const [x, y] = this.at([column, index]);
    if (!values.length) {
      shape("text", { x, y, class: "halo" }, this.svg, this.gap < SPACIOUS ? name : caption);
      return;
    }
    const is_output = column === this.data.columns.length;
    const value = values.findLast((value) => value.since <= this.stage) ?? {};
    const { since, text = "", level = 0, tone = "" } = value;
    const followed = this.stage && caption && text; // until the answer is shown, the visitor may predict it
    const isFaint = is_output && this.stage === 0 && text && Math.abs(level) < 0.01;
    const look = [followed && "followed", since === this.stage && "now", isFaint && "faint"].filter(Boolean).join(" ");
    const group = shape("g", { class: look }, this.svg);
    const wide = is_output ? HIGH : Math.min(WIDE, this.gap * 0.5);
    const [left, top] = [x - wide / 2, y - HIGH / 2];
    const sign = tone === "signed" ? (level < 0 ? "less" : "more") : tone;
    const bar = { class: `level ${sign}`, width: Math.abs(level) * (is_output ? this.bar : wide) };
    shape("rect", { class: "neuron", x: left, y: top, width: wide, height: HIGH, rx: is_output ? HIGH / 2 : 6 }, group);
    if (is_output) {
      shape("text", { x, y }, group, name);
      this.output(group, left + wide + 6, y, bar, value, text, this.stage ? null : this.data.blamed.find((each) => each.index === index));
      if (this.data.guess) this.guessable(group, name, x - wide / 2 - 8, y);
      return;
    }
    shape("rect", { ...bar, x: left, y: top + HIGH - 8, height: 7, rx: 3 }, group);
    squeeze(shape("text", { x, y: y - 3 * Boolean(level) }, group, text), this.gap - 5);
    const beside = this.bar && this.gap >= ROOMY ? { x: left - 6, y, class: "to-left halo" } : { x: x - 22, y: y - 25, class: "halo" };
    if (followed) shape("text", beside, group, caption);
  }

  // The bar of an output, what it lacks, and what should become of it. Their texts are in them if they fit.
  output(group, left, y, bar, { missing = 0, lacks }, text, blamed) {
    if (!text) shape("rect", { class: "track", x: left, width: this.bar || 44, y: y - THICK / 2, height: THICK, rx: 6 }, group);
    shape("rect", { ...bar, x: left, y: y - THICK / 2, height: THICK }, group);
    const outline = { x: left + bar.width, width: missing * this.bar };
    if (outline.width) shape("rect", { ...outline, class: "missing", y: y - THICK / 2 + 1, height: THICK - 2 }, group);
    let end = outline.x + outline.width + (this.bar ? 4 : -3);
    const number = shape("text", { x: end, y, class: "from-left halo" }, group, text);
    const long = number.getComputedTextLength();
    squeeze(number, this.width - end);
    if (outline.width && bar.width > long + ROOM) {
      number.setAttribute("class", "from-left");
      number.setAttribute("x", left + ROOM / 2);
      const words = shape("text", { x: outline.x + ROOM / 2, y, class: "from-left" }, group, lacks);
      if (outline.width < words.getComputedTextLength() + ROOM) words.remove();
    } else end += long;
    if (!blamed || !this.words) return;
    shape("text", { x: end + 12, y, class: `level ${blamed.strength < 0 ? "less" : "more"}` }, group, blamed.strength < 0 ? "▲" : "▼");
    squeeze(shape("text", { x: end + 24, y, class: "from-left blamed" }, group, blamed.words), this.width - end - 24);
  }

  // Before the answer is known, a click on a digit is a guess, and plays the rest.
  guessable(group, digit, x, y) {
    const { guess, stages } = this.data;
    if (this.guess === digit) {
      group.classList.add("mine");
      const isLast = this.stage === stages.length - 1;
      if (isLast && this.bar) shape("text", { x, y, class: "to-left halo" }, group, guess.mine);
    }
    if (this.stage) return;
    const take = () => {
      this.guess = digit;
      this.stop();
      this.start();
      this.play.focus();
    };
    Object.assign(group, { role: "button", tabIndex: 0, ariaLabel: fill(guess.ask, { digit }), onclick: take });
    group.onkeydown = (event) => {
      if (!["Enter", " "].includes(event.key)) return;
      event.preventDefault();
      take();
    };
  }

  remove() {
    clearInterval(this.timer);
  }
}
