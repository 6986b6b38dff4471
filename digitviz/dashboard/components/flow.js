// A digit, the neurons of a small network and its edges, drawn as SVG for the current width. One stage at a time shows the
// numbers on its edges; a button plays the stages one after another.

import { built, element, fill, html, outlineOf, shape, SIDE } from "./elements.js";
import { speak } from "./speak.js";
import { _ } from "./words.js";

const PAUSE = 4000; // milliseconds for each stage while playing
const [NARROW, COMPACT, WIDEST] = [560, 900, 1240]; // pixels
const TOP = 52; // pixels for the titles and the legend
const AROUND = 355; // pixels of a low window for what is above the picture, its sentence, and what follows
const [WIDE, HIGH] = [76, 30]; // size of a hidden neuron in pixels
const [BAR, THICK, MARK] = [230, 24, 26]; // pixels: longest bar of an output, its height, and ▲ or ▼ after it
const [SPACIOUS, BESIDE] = [150, 225]; // smallest distances of layers in pixels for long texts, and for a number in a box
// Pixels: a number below the picture of a neuron or beside it; largest side of the picture; caption of neurons not shown.
const [BELOW, NUMBER, LARGEST, REST] = [20, 66, 100, 26];
const NEGLIGIBLE = 0.01; // smallest part of the largest product whose numbers are shown; beside an output, smaller ones are ≈ 0
// Kinds of lines: their least opacity, and what the strength adds to it and to their width.
const LOOKS = { lit: [1, 0], followed: [0.3, 0.6], pale: [0.15, 0.25, 2], grey: [0.25, 0, 0] };
const LEGIBLE = 14; // half of the smallest pixel with its number in it
const SLIM = 54; // longest bar below the number of an output on a phone
const [LARGE, SMALL] = [52, 17]; // largest radius of a neuron to blame, and radius of an output on a phone; wide windows enlarge it

// Narrow a text that is wider than its room, such as a number like 0.00000503 on a phone.
function squeeze(text, room) {
  if (text.getComputedTextLength() <= room) return;
  for (const [name, value] of [["textLength", room], ["lengthAdjust", "spacingAndGlyphs"]]) text.setAttribute(name, value);
}

const MARKUP = html`<svg class="svg"></svg><div class="stages"></div>
  <p><span class="sentence"></span><i class="letters"></i></p><ul class="list"></ul>`;

export default class Flow {
  constructor(parent) {
    Object.assign(this, built(parent, "digitviz-flow fresh", MARKUP)); // not yet played to the end: until then, Play is the one blue button
    this.div.toggleAttribute("data-main-picture", true);
    this.div.style.setProperty("--pause", `${PAUSE}ms`);
    this.stage = 0;
    new ResizeObserver(() => this.data && this.draw()).observe(this.div);
  }

  dressAgain = () => this.draw(); // the guess stays

  rerun(data) {
    const text = JSON.stringify(data);
    if (text === this.text) return; // a page that opens may run twice, which must not undo a guess
    this.text = text;
    const isOver = data.guess && this.stage === this.data?.stages.length - 1; // the next answer is to be guessed first
    this.stage = isOver ? 0 : Math.min(this.stage, data.stages.length - 1);
    this.data = data;
    this.guess = null;
    this.div.classList.toggle("blames", !data.guess);
    this.svg.setAttribute("role", data.guess || data.suspects ? "group" : "img");
    this.stages.replaceChildren();
    this.play = element("button", "play", this.stages);
    this.play.onclick = () => (this.timer ? this.stop() : this.start());
    this.choices = data.stages.map(({ name }, stage) => {
      const button = element("button", "", this.stages);
      element("span", "name", button, name);
      return Object.assign(button, { title: name, onclick: () => this.choose(stage) });
    });
    this.stop();
    this.draw();
  }

  start() {
    const next = () => this.go((this.stage + 1) % this.data.stages.length);
    this.timer = setInterval(next, PAUSE);
    this.div.classList.add("playing");
    this.name();
    next();
  }

  stop() {
    clearInterval(this.timer);
    this.timer = null;
    this.div.classList.remove("playing");
    this.name();
  }

  name() {
    this.play.textContent = this.timer ? `◼ ${_("Stop")}` : `▶ ${_("Play")}`;
  }

  choose(stage) {
    this.stop();
    this.go(stage);
  }

  go(stage) {
    this.stage = stage;
    if (stage === this.data.stages.length - 1) this.stop();
    this.draw();
    speak(this.sentence.textContent);
  }

  // Sizes for the current width: the digit on the left, then the layers in columns of equal distance. A wide window enlarges
  // the picture as a whole.
  measure() {
    this.width = Math.min(this.div.clientWidth, WIDEST);
    const [narrow, layers, isFirst] = [this.width < NARROW, this.data.columns.length, !this.stage];
    this.isSketch = isFirst && !this.data.guess;
    this.isOpen = isFirst && !this.isSketch; // only the digit, one neuron and the outputs, whose answer is to be guessed
    this.isCompact = this.width < (this.isSketch ? COMPACT : NARROW);
    const room = (innerHeight - AROUND - this.stages.offsetHeight) * (this.width / this.div.clientWidth);
    this.pitch = narrow ? 24 : 30; // height of the lines above and below a compact sketch
    this.height = this.isCompact ? (this.isSketch ? (narrow ? 280 : 360) + 6.4 * this.pitch : 422) : Math.max(Math.min(this.width * 0.41, room), 320);
    const wide = narrow ? (this.isOpen ? 0.43 : layers > 3 ? 0.18 : 0.24) : this.data.guess ? 0.27 : 0.23;
    this.side = this.isSketch ? (this.isCompact ? 88 : Math.min(this.height * 0.5, this.width * 0.19)) : Math.min(this.height * (this.isOpen ? 0.74 : 0.8), this.width * wide);
    this.top = this.isSketch ? (this.isCompact ? 10 + 1.8 * this.pitch : (this.height - this.side) / 2) : this.isOpen ? (narrow ? 4 : TOP) : TOP + (this.height - TOP - this.side) / 2 - (narrow ? 6 : 16); // room for its caption
    this.bar = narrow ? 54 * this.isOpen : this.isOpen ? Math.min(BAR, this.width * 0.18) : BAR;
    this.gap = (this.width - (narrow ? (this.isOpen ? 38 : 78) : 84) - this.bar - this.side) / layers;
    this.boxes = this.data.columns.map((nodes, layer) => this.box(nodes, layer === layers - 1));
  }

  // Sizes of a layer: distance of its neurons, picture of what each looks for, width and height.
  box(nodes, isOutput) {
    const rest = nodes.at(-1).values.length ? 0 : 1;
    const slot = (this.height - TOP - REST * rest) / (nodes.length - rest);
    const isBeside = this.gap >= BESIDE;
    const hasNumber = Boolean(this.data.guess) || nodes[0].values[0].since <= this.stage; // a guess is made beside question marks
    const picture = nodes[0].looks_for.length && Math.min(isBeside ? slot * 0.95 : slot - BELOW * (this.bar ? 1 : 2), isBeside ? LARGEST : this.gap * 0.5);
    const round = isOutput ? Math.min(HIGH, slot - 5) : 0; // outputs do not touch
    const plain = round || Math.min(WIDE, this.gap * 0.5);
    return { slot, picture, isBeside, wide: picture ? picture + NUMBER * (isBeside && hasNumber) : plain, high: round || picture || HIGH };
  }

  // The place of a pixel or a neuron, or where the lines on one side of it end: 1 is the right, -1 the left side. Those of
  // pixels end at the edge of the digit, from where a wire leads to the pixel, below the numbers of its row.
  at([column, index], towards = 0) {
    const { side, top } = this;
    if (column === 0) {
      if (index >= SIDE * SIDE) return [side / 2, top + side + 8];
      return [side + 4, top + (Math.floor(index / SIDE) + 0.84 + (0.14 * (index % SIDE)) / (SIDE - 1)) * (side / SIDE)];
    }
    const [{ slot, wide }, isRest] = [this.boxes[column - 1], !this.data.columns[column - 1][index]?.values.length];
    return [side + this.gap * column + (towards * wide) / 2, TOP + index * slot + (isRest ? REST : slot) / 2];
  }

  // The pixels of a digit or of what a neuron looks for.
  pixels(colours, left, top, side, parent, then = () => {}) {
    colours.forEach((colour, index) => {
      const [x, y] = [left + (index % SIDE) * (side / SIDE), top + Math.floor(index / SIDE) * (side / SIDE)];
      const look = { x, y, width: side / 8.2, height: side / 8.2, fill: `color-mix(in srgb, ${colour}%, transparent)` };
      then(shape("rect", look, parent), index, x, y);
    });
  }

  draw() {
    if (!this.div.clientWidth) return; // hidden
    const { stages, edges, ink, inks, pixels, titles, columns, guess, suspects } = this.data;
    this.measure();
    const { svg, stage, side, top } = this;
    this.choices.forEach((button, number) => button.setAttribute("aria-pressed", String(number === stage)));
    const verdict = guess ? this.guess && stage === stages.length - 1 && guess[this.guess === guess.answer ? "right" : "wrong"] : !stage && suspects?.verdicts[this.guess];
    this.sentence.textContent = verdict || stages[stage].sentence;
    this.letters.textContent = stages[stage].letters;
    if (stage === stages.length - 1) this.div.classList.remove("fresh");
    this.div.classList.toggle("asks", !stage && Boolean(guess ?? suspects) && !this.guess); // only the answers invite
    svg.replaceChildren();
    svg.setAttribute("viewBox", `0 0 ${this.width} ${this.height}`);
    svg.setAttribute("aria-label", titles.map(([title]) => title).join(" → "));
    const lit = edges.filter((edge) => edge.stage === stage);
    const ends = edges.flatMap(({ source, target }) => [source, target]);
    const shown = new Set(stage ? ends.filter(([column, index]) => column === 0 && index < SIDE * SIDE).map(([, index]) => index) : []);
    const colours = ink.map((dark) => `currentColor ${Math.round(dark * 90 + 4)}`);
    const middle = side / SIDE / 2;
    this.pixels(colours, 0, top, side, svg, (pixel, index, x, y) => {
      pixel.setAttribute("class", shown.has(index) ? "pixel shown" : "pixel");
      if (middle < LEGIBLE || !inks.length || !stage) return;
      shape("text", { x: x + middle, y: y + middle, class: ink[index] > 0.5 ? "ink on-dark" : "ink", "aria-hidden": true }, svg, inks[index]);
    });
    for (const index of shown) {
      const [cx, cy] = this.at([0, index]);
      shape("line", { x1: ((index % SIDE) + 1) * (side / SIDE), x2: cx, y1: cy, y2: cy, class: "wire" }, svg);
      shape("circle", { cx, cy, r: Math.max(side / 90, 2), class: "port" }, svg);
    }
    const covered = new Set(lit.flatMap(({ source, target }) => [`${source} ${target}`, `${target} ${source}`]));
    const quiet = edges.filter(({ stage: own, source, target }) => own === null && !covered.has(`${source} ${target}`));
    if (this.isSketch) this.sketch();
    else if (this.isOpen) this.meet();
    else quiet.sort((one, other) => one.is_followed - other.is_followed).forEach((edge) => this.edge(edge));
    if (stage) titles.forEach(([title, brief], column) => {
      const x = column ? this.at([column, 0])[0] : side / 2;
      const isAnswer = this.bar && !guess && column === columns.length;
      const room = isAnswer ? this.width - x : column ? this.gap * (columns.length < 3 ? 1.3 : 1) - 5 : side; // the outputs have a short title
      const look = isAnswer ? "from-left answers" : column || guess ? "" : "label";
      const text = shape("text", { x: x - (isAnswer * HIGH) / 2, y: column ? 8 : top - 18, class: look }, svg, title);
      if (text.getComputedTextLength() > room * 1.15) text.textContent = brief;
      squeeze(text, room);
      if (column !== 1) return;
      this.legendAt(x, TOP - 16, "", this.data.legend);
    });
    const spread = lit.filter(({ source }) => source[0] === 0).sort((one, other) => one.source[1] - other.source[1]);
    lit.forEach((edge) => this.edge(edge, spread.indexOf(edge), spread.length));
    columns.forEach((nodes, column) => stage || (this.isOpen && column === columns.length - 1) ? nodes.forEach((node, index) => this.node(node, column + 1, index)) : null);
    if (shown.size && this.bar) shape("text", { x: side / 2, y: top + side + 18, class: "halo" }, svg, pixels); // a phone has no room
    this.list.replaceChildren();
    for (const { says } of lit) element("li", "", this.list, says);
  }

  // At first, the network to blame is a sketch: a row of neurons between two outputs, so that no lines cross, which are as thick
  // as their weights, and dark if they push the output the wrong way. After the guess, each neuron has its blame, which arrives
  // along the lines of the one that gets most.
  sketch() {
    const { data: { at_first, columns, edges, suspects, titles }, height, isCompact, pitch: line, side, svg, top, width } = this;
    const [last, out] = [columns.length, isCompact ? SMALL : SMALL * 1.6];
    const nodes = (columns.at(-2) ?? []).filter(({ values }) => values.length);
    const [left, right] = isCompact ? [0, width] : [side + 50, width * 0.66];
    const pitch = (right - left) / nodes.length;
    const x = (index) => left + pitch * (index + 0.5);
    const [first, second] = isCompact ? [22 + 3.9 * line, height - 20 - 4 * line] : [36, height - 36];
    const [centre, middle] = [isCompact ? side + 46 : (left + right) / 2, (first + second) / 2];
    const ends = Object.fromEntries(Object.keys(at_first).map((digit, below) => [digit, below ? second : first]));
    const radius = Math.min(pitch * 0.42, LARGE, middle - first - out - 28);
    for (const { stage, source, target } of edges) {
      if (stage !== null || source[0] !== last || !(source[1] in ends) || target[1] >= (nodes.length || Infinity)) continue;
      const [index, away] = [target[1], Math.sign(ends[source[1]] - middle)];
      const weight = suspects?.weights[source[1]][index];
      const isAway = this.guess && String(index) !== suspects.answer;
      const from = [centre + (nodes.length && (index - (nodes.length - 1) / 2) * out * 0.3), ends[source[1]] - away * out];
      const to = nodes.length ? [x(index), middle + away * radius] : this.at(target);
      const look = { d: `M ${from} L ${to}`, class: `votes ${weight < 0 ? "negative" : ""}`, "stroke-width": 1 + (isCompact ? 8 : 12) * Math.abs(weight), opacity: isAway ? 0.3 : 1 };
      if (weight) shape("path", look, svg);
      else this.line(from, to);
      if (!weight || !this.guess || isAway) continue;
      const arrow = shape("path", { ...look, d: "M -7 -9 L 5 0 L -7 9", class: "arrow", "stroke-width": 4, opacity: 1 }, svg);
      Object.assign(arrow.style, { offsetPath: `path("${look.d}")`, offsetDistance: "55%" });
    }
    nodes.forEach((_node, index) => {
      const [blame, group] = [suspects?.blame[index], shape("g", {}, svg)];
      const neuron = shape("circle", { cx: x(index), cy: middle, r: radius, class: "neuron" }, group);
      if (!suspects) return;
      if (this.guess) neuron.style.fill = `color-mix(in srgb, var(--${blame < 0 ? "rise" : "fall"}) ${60 * Math.abs(blame)}%, var(--st-secondary-background-color))`;
      group.classList.toggle("followed", this.guess && String(index) === suspects.answer);
      shape("text", { x: x(index), y: middle - radius * (this.guess ? 0.35 : 0), class: this.guess ? "label" : "letter" }, group, suspects.letters[index]);
      if (this.guess) squeeze(shape("text", { x: x(index), y: middle + radius * 0.35, class: "now" }, group, suspects.says[index]), 2 * radius - 6);
      this.guessable(group, String(index), fill(suspects.ask, { letter: suspects.letters[index] }), () => this.choose(0));
    });
    for (const [digit, y] of Object.entries(ends)) this.end(columns[last - 1][digit], at_first[digit], Number(digit), centre, y, Math.sign(y - middle), out);
    shape("text", { x: 0, y: top - (isCompact ? line * 0.6 : 22), class: "from-left label" }, svg, titles[0][0]);
    const [says, from] = [titles[last][0], centre + out + 8];
    const said = shape("text", { x: isCompact ? from : 0, y: isCompact ? top - line * 0.6 : top + side + 24, class: "from-left answers" }, svg, says);
    squeeze(said, isCompact ? width - from : left - 10);
    const [start, y] = isCompact ? [0, height - 8 - line] : [right + 30, middle];
    if (nodes.length) squeeze(shape("text", { x: start, y: isCompact ? second : y + 3 * line, class: "from-left note" }, svg, titles[last - 1][1]), isCompact ? centre - out - 8 : width);
    if (!suspects) return;
    const over = isCompact ? 10 : y - 1.6 * line;
    const asked = this.guess ? this.legendAt(start, over, "from-left words", suspects.key, ["fall", "rise"]) : shape("text", { x: start, y: over, class: "invites from-left" }, svg, suspects.here);
    const rules = suspects.legend.map((words, way) => this.legendAt(start, y + way * line, "from-left words", [words], [["wrong", "right"][way]]));
    for (const text of [asked, ...rules]) squeeze(text, width - start);
  }

  // An output of the sketch, with its bar, what it lacks, and how wrong it is: after the bar, or without room on its outer side.
  end({ name, values: [{ level, tone, missing }] }, words, index, centre, y, away, out) {
    const { isCompact, pitch: line, svg, width } = this;
    const blamed = this.data.blamed.find((each) => each.index === index);
    const direction = blamed ? (blamed.strength < 0 ? "less" : "more") : "";
    const [x, thick] = [centre + out + 8, isCompact ? THICK : THICK * 1.8];
    const bar = isCompact ? width - x - 2 : width * 0.24;
    const box = { x, y: y - thick / 2, height: thick };
    shape("rect", { ...box, width: bar, class: "track" }, svg);
    shape("rect", { ...box, width: level * bar, class: `level ${tone}` }, svg);
    if (missing) shape("rect", { ...box, x: x + level * bar, width: missing * bar, class: "missing" }, svg);
    shape("circle", { cx: centre, cy: y, r: out, class: `neuron ${direction}` }, svg);
    shape("text", { x: centre, y, class: "label" }, svg, name);
    const [start, first, second] = isCompact ? [x, y + away * (thick / 2 + line * 1.6), y + away * (thick / 2 + line * 0.65)] : [x + bar + 14, y - 11, y + 15];
    squeeze(shape("text", { x: start, y: second, class: "from-left note" }, svg, words), width - start);
    if (blamed) squeeze(shape("text", { x: start, y: first, class: `from-left blamed words level ${direction}` }, svg, `${direction === "less" ? "▲" : "▼"} ${blamed.words}`), width - start);
  }

  line = ([x1, y1], [x2, y2]) => shape("line", { x1, y1, x2, y2, class: "faint-line" }, this.svg);

  // At first, the ink of the digit lies over what one neuron looks for, which is one of many and leads to all outputs. The lines
  // of the others are one grey area. In a wide window, all columns begin on one line.
  meet() {
    const { data: { columns, crowd: { levels, place, title, key, legend, more }, guess, ink, titles }, height, side, svg, top, width } = this;
    const [isNarrow, isTight] = [width < NARROW, width < COMPACT];
    const ends = columns.at(-1).map((_node, digit) => this.at([columns.length, digit], -1));
    const head = (x, words, look = "") => shape("text", { x, y: isNarrow ? 8 : TOP - 22, class: look }, svg, words);
    const fan = (x, y) => shape("path", { d: ends.map(([x1, y1]) => `M ${x} ${y} L ${x1 - 5} ${y1}`).join(" "), class: "grey", "stroke-width": 1.5, opacity: 0.6 }, svg);
    squeeze(head(isNarrow ? width : ends[0][0], guess.here, `${isNarrow ? "to" : "from"}-left invites`), isNarrow ? width - side - 8 : width - ends[0][0]);
    if (!isNarrow) head(0, titles[0][1], "from-left");
    if (!levels.length) return void fan(side + 10, top + side / 2);
    const room = ends[0][0] - side;
    const across = isNarrow ? side : Math.min(side, room * 0.45, height - TOP - 60);
    const [x, y] = isNarrow ? [0, top + side + 28] : [side + room * 0.1, top];
    const wires = isNarrow ? [[0, top + side, x, y], [side, top + side, x + across, y]] : [[side, top, x, y], [side, top + side, x, y + across]];
    const pitch = Math.min((height - TOP - (isTight ? 60 : 30)) / levels.length, 60);
    const radius = Math.min(pitch * 0.42, 24);
    const middle = x + across + Math.max(room * 0.14, isNarrow ? 30 : 38);
    const dots = levels.map((level, index) => [level, middle, isNarrow ? (height + 8 + (2 * index - levels.length + 1) * pitch) / 2 : top + (index + 0.5) * pitch]);
    const corners = [[middle, dots[0][2]], ends[0], ends.at(-1), [middle, dots.at(-1)[2]]];
    shape("path", { d: `M ${corners.join(" L ")} Z`, class: "others" }, svg);
    fan(middle, dots[place][2]);
    for (const end of [0, across]) wires.push([middle, dots[place][2], x + across, y + end]);
    for (const [x1, y1, x2, y2] of wires) this.line([x1, y1], [x2, y2]);
    dots.forEach(([level, cx, cy], index) => {
      const circle = shape("circle", { cx, cy, r: radius, class: index === place ? "neuron picked" : "neuron" }, svg);
      if (this.guess) circle.style.fill = `color-mix(in srgb, var(--${level < 0 ? "blue" : "red"}) ${75 * Math.abs(level)}%, var(--st-background-color))`;
    });
    this.pixels(this.coloursOf(columns[0].find(({ caption, looks_for }) => caption && looks_for.length).looks_for), x, y, across, svg, (pixel, index) => pixel.setAttribute("opacity", 0.35 + 0.65 * ink[index]));
    for (const [x0, y0, size] of [[0, top, side], [x, y, across]]) {
      const d = outlineOf(ink, 0.5).map((ends) => ends.map((end, at) => `${["M", "", "L", ""][at]} ${(at % 2 ? y0 : x0) + (end * size) / SIDE}`).join(" ")).join(" ");
      for (const kind of ["under", "ink-line"]) shape("path", { d, class: kind }, svg);
    }
    shape("rect", { x, y, width: across, height: across, class: "frame" }, svg);
    if (isNarrow) shape("text", { x: x + across / 2, y: y - 14, class: "halo" }, svg, guess.neuron);
    else head(x, guess.neuron, "from-left");
    legend.forEach((words, less) => {
      const line = shape("text", { x: isNarrow ? x : x + across / 2, y: y + across + 18 + less * (isNarrow ? 18 : 26), class: `legends halo ${isNarrow ? "from-left" : ""}` }, svg);
      shape("tspan", { fill: `var(--${less ? "blue" : "red"})` }, line, "■ ");
      shape("tspan", { class: "legend" }, line, words);
    });
    if (more) shape("text", { x: (middle + ends[0][0]) / 2, y: height / 2, class: "halo" }, svg, more);
    const below = dots.at(-1)[2] + radius + (isNarrow ? 26 : 14); // below the legend
    if (isTight) shape("text", { x: middle, y: below, class: "halo" }, svg, title);
    else head(middle, title);
    if (this.guess) shape("text", { x: middle, y: below + 20 * isTight, class: "halo" }, svg, key);
  }

  legendAt(x, y, look, legend, colours = ["red", "blue"]) {
    const key = shape("text", { x, y, class: `legends ${look}` }, this.svg);
    legend.forEach((words, less) => {
      shape("tspan", { fill: `var(--${colours[less]})` }, key, less ? "\u2003■ " : "■ ");
      shape("tspan", { class: "legend" }, key, words);
    });
    return key;
  }

  coloursOf = (weights) => weights.map((weight) => `var(--${weight < 0 ? "blue" : "red"}) ${Math.min(100, 150 * Math.abs(weight))}`);

  // An edge, with its number if it is lit. Edges from pixels pass their numbers at even distances.
  edge({ source, target, strength, stage, says, brief, since, is_followed }, order = -1, count = 0) {
    const [is_lit, isReached, isBackward] = [stage !== null, since <= this.stage, source[0] > target[0]];
    const isOutput = source[0] === this.data.columns.length;
    const [[x0, y0], [x1, y1]] = [this.at(source, isBackward ? -1 : 1), this.at(target, isBackward ? 1 : -1)];
    const free = this.gap - this.boxes[Math.max(target[0] - 1, 0)].wide / 2; // beside the box that the lines lead to
    const along = this.bar ? 0.35 : isBackward ? 0.46 : 0.62; // on a phone, beyond the caption of the neuron
    let [x, y, route] = [x0 + (x1 - x0) * along, y0 + (y1 - y0) * along, `L ${x1} ${y1}`];
    if (order >= 0) {
      [x, y] = [this.side + free * (this.bar ? 0.5 : 0.4), TOP + ((order + 0.5) / count) * (this.height - TOP)];
      if (count === 1) y = this.bar ? (y0 + y1) / 2 : y1 + this.boxes[0].slot * 0.75; // below it
      const bend = Math.max(x - x0, 0) / 2;
      route = `C ${x0 + bend} ${y0}, ${x - bend} ${y}, ${x} ${y} L ${x1} ${y1}`;
    }
    const kind = is_lit ? "lit" : is_followed && isReached ? "followed" : isBackward && !isReached ? "grey" : "pale";
    const [least, more, width] = LOOKS[kind];
    const look = {
      class: `${kind} ${strength < 0 ? "negative" : ""}`, opacity: least + more * Math.abs(strength),
      "stroke-width": 1 + (width ?? (isBackward ? 5 : 3)) * Math.abs(strength) * (this.bar ? 1 : 0.6),
    };
    const line = shape("path", { d: `M ${x0} ${y0} ${route}`, ...look }, this.svg);
    if (!is_lit && since === this.stage) {
      line.setAttribute("pathLength", 1);
      line.classList.add("grows");
    }
    if (isBackward && ["lit", "followed"].includes(kind) && Math.abs(strength) > 0.4) {
      const arrow = shape("path", { ...look, d: "M -6 -8 L 4 0 L -6 8", class: `${look.class} arrow` }, this.svg);
      Object.assign(arrow.style, { offsetPath: `path("${line.getAttribute("d")}")`, offsetDistance: `${100 * (is_lit ? 0.7 : along)}%` }); // beyond the number
    }
    const isSmall = Math.abs(strength) < NEGLIGIBLE && /\d/.test(brief); // not infinite
    const text = isSmall ? "≈ 0" : this.gap >= SPACIOUS ? says : brief;
    if (!is_lit || (isSmall && !isOutput)) return;
    let at = isOutput ? { x: x0 - 4, y: y0, class: "halo to-left" } : { x, y, class: "halo" };
    if (count === 1 && !this.bar) at = { x: this.side + free - 4, y, class: "halo to-left" }; // beside the next neuron
    squeeze(shape("text", at, this.svg, text), this.bar && (isOutput || order >= 0) ? free - HIGH / 2 : this.gap);
  }

  node({ name, values, caption, looks_for }, column, index) {
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
    const { slot, picture, isBeside, wide, high } = this.boxes[column - 1];
    const isBelow = picture && !isBeside;
    const [left, top] = [x - wide / 2, y - high / 2 - (isBelow ? BELOW / 2 : 0)];
    const sign = tone === "signed" ? (level < 0 ? "less" : "more") : tone;
    const full = is_output ? this.bar || SLIM : picture && !isBelow ? NUMBER : wide;
    const bar = { class: `level ${sign}`, width: Math.abs(level) * full };
    shape("rect", { class: "neuron", x: left, y: top, width: wide, height: high, rx: is_output ? high / 2 : 3 }, group);
    if (is_output) {
      shape("text", { x, y }, group, name);
      this.output(group, left + wide + 6, y, bar, text, this.data.blamed.find((each) => each.index === index));
      const { guess, stages } = this.data;
      if (!guess) return;
      this.guessable(group, name, fill(guess.ask, { digit: name }), () => this.start());
      if (this.guess === name && this.stage === stages.length - 1 && this.bar) shape("text", { x: x - wide / 2 - 8, y, class: "to-left halo" }, group, guess.mine);
      return;
    }
    const letter = column === this.data.columns.length - 1 && this.data.suspects?.letters[index];
    if (letter && !isBelow) shape("text", { x: left - 6, y: top + 9, class: "to-left halo answers" }, group, letter);
    this.pixels(this.coloursOf(looks_for), left + 1.5, top + 1.5, picture - 3, shape("g", { class: "looks" }, group));
    shape("rect", { ...bar, x: left + wide - full, y: top + high - 8 * !isBelow, height: isBelow ? 3 : 7, rx: 3 }, group);
    const [middle, room] = [left + wide - full / 2, picture && !isBelow ? NUMBER - 8 : this.gap - 5];
    const at = isBelow ? { y: top + high + 12, class: "halo" } : { y: y - (followed && picture ? 9 : 3 * Boolean(level)), class: text ? "" : "unknown" };
    const isTight = isBelow && slot - high < 2 * BELOW; // above it is the number of another, and the sentence names it
    squeeze(shape("text", { x: middle, ...at }, group, isBelow && letter ? `${letter} ${text}` : text || (picture && !this.data.guess ? "" : "?")), room);
    const named = picture && !isBelow ? { x: middle, y: y + 9, class: "small" } : { x: picture ? x : x - 22, y: top - 10, class: "halo" };
    if (followed && !isTight) squeeze(shape("text", named, group, caption), room);
  }

  // The bar of an output with its number, on a phone above it, and whether its score should rise or fall.
  output(group, left, y, bar, text, blamed) {
    if (!text) shape("rect", { class: "track", x: left, width: this.bar, y: y - THICK / 2, height: THICK, rx: 6 }, group);
    shape("rect", { ...bar, x: left, y: this.bar ? y - THICK / 2 : y + 9, height: this.bar ? THICK : 4 }, group);
    const end = left + (this.bar ? bar.width + 4 : -3);
    const number = shape("text", { x: end, y: y - 2 * !this.bar, class: "from-left halo" }, group, text);
    const [long, room] = [number.getComputedTextLength(), this.width - end - MARK * Boolean(blamed)];
    squeeze(number, room);
    if (!blamed) return;
    const isLow = blamed.strength < 0;
    shape("text", { x: end + Math.min(long, room) + 5, y, class: `from-left blamed level ${isLow ? "less" : "more"} mark` }, group, isLow ? "▲" : "▼");
  }

  // Before the answer is known, a click on a part of the picture is a guess.
  guessable(group, name, ariaLabel, then) {
    group.classList.toggle("mine", this.guess === name);
    if (this.stage || (this.guess && this.data.suspects)) return;
    const take = () => {
      this.guess = name;
      this.stop();
      then();
      this.play.focus();
    };
    Object.assign(group, { role: "button", tabIndex: 0, ariaLabel, onclick: ({ detail }) => !detail && take() });
    group.onpointerdown = () => (this.pressed = name); // a picture that is drawn again between the two gets no click
    group.onpointerup = ({ button }) => !button && this.pressed === name && take();
    group.onkeydown = (event) => {
      if (!["Enter", " "].includes(event.key)) return;
      event.preventDefault();
      take();
    };
  }

  remove = () => clearInterval(this.timer);
}
