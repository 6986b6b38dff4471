// A digit, the neurons of a small network and its edges, drawn as SVG for the current width. One stage at a time shows the
// numbers on its edges; a button plays the stages one after another.

import { built, element, fill, html, outlineOf, shape, SIDE } from "./elements.js";
import { speak } from "./speak.js";
import { _ } from "./words.js";

const PAUSE = 4000; // milliseconds for each stage while playing
const [NARROW, WIDEST] = [560, 1240]; // pixels
const TOP = 52; // pixels for the titles and the legend
const AROUND = 355; // pixels of a low window for what is above the picture, its sentence, and what follows
const [WIDE, HIGH] = [76, 30]; // size of a hidden neuron in pixels
const [BAR, THICK, MARK, WORDS] = [230, 24, 26, 150]; // pixels: longest bar of an output, its height, ▲ or ▼ after it, and words
const [SPACIOUS, BESIDE] = [150, 225]; // smallest distances of layers in pixels for long texts, and for a number in a box
// Pixels: a number below the picture of a neuron or beside it; largest side of the picture; caption of neurons not shown.
const [BELOW, NUMBER, LARGEST, REST] = [20, 66, 100, 26];
const NEGLIGIBLE = 0.01; // smallest part of the largest product whose numbers are shown; beside an output, smaller ones are ≈ 0
// Kinds of lines: their least opacity, and what the strength adds to it and to their width.
const LOOKS = { lit: [1, 0], followed: [0.3, 0.6], pale: [0.15, 0.25, 2], grey: [0.25, 0, 0] };
const [ROOM, LEGIBLE] = [12, 14]; // pixels around a text in a bar; half of the smallest pixel with its number in it

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
    this.play.textContent = this.timer ? `◼ ${_("Stop")}` : `▶ ${this.data.guess ? _("Play") : _("Send the blame back")}`;
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
    const narrow = this.width < NARROW;
    this.isFirst = !this.stage && !this.data.guess;
    this.isOpen = !this.stage && !this.isFirst; // only the digit, one neuron and the outputs, whose answer is to be guessed
    const room = (innerHeight - AROUND - this.stages.offsetHeight) * (this.width / this.div.clientWidth);
    this.height = narrow ? (this.isFirst ? 470 : 422) : Math.max(Math.min(this.width * 0.41, room), 320);
    this.head = this.isFirst ? (narrow ? 10 : Math.max(-20, 128 - this.height / 3)) : TOP;
    this.side = Math.min(this.height * (this.isOpen ? 0.74 : 0.8), this.width * (narrow ? (this.isOpen ? 0.46 : this.isFirst ? 0.32 : this.data.columns.length > 3 ? 0.18 : 0.24) : this.data.guess ? 0.27 : 0.23));
    this.top = narrow && !this.stage ? (this.isOpen ? 4 : 50) : this.head + (this.height - this.head - this.side) / 2 - (narrow ? 6 : 16); // room for its caption
    this.bar = this.isFirst ? this.width * 0.22 : narrow ? 0 : this.isOpen ? Math.min(BAR, this.width * 0.18) : BAR;
    const [free, layers] = [this.width - (narrow ? (this.isFirst ? 50 : this.isOpen ? 38 : 78) : 84) - this.bar - this.side, this.data.columns.length];
    this.words = this.bar && this.data.blamed.length && free - WORDS >= SPACIOUS * layers ? WORDS : 0;
    this.gap = (free - this.words) / layers;
    this.boxes = this.data.columns.map((nodes, layer) => this.box(nodes, layer === layers - 1));
  }

  // Sizes of a layer: distance of its neurons, picture of what each looks for, width and height.
  box(nodes, isOutput) {
    const rest = nodes.at(-1).values.length ? 0 : 1;
    const slot = (this.height - this.head - REST * rest) / (isOutput && this.isFirst ? 2 : nodes.length - rest);
    const isBeside = this.gap >= BESIDE;
    const hasNumber = Boolean(this.data.guess) || nodes[0].values[0].since <= this.stage; // a guess is made beside question marks
    const picture = nodes[0].looks_for.length && Math.min(isBeside ? slot * 0.95 : slot - BELOW * (this.bar ? 1 : 2), isBeside ? LARGEST : this.gap * 0.5);
    const high = picture || (this.isFirst && this.width > NARROW ? HIGH * 1.5 : HIGH);
    const round = isOutput ? Math.min(high, slot - 5) : 0; // outputs do not touch
    const plain = round || Math.min(WIDE, this.gap * 0.5);
    return { slot, picture, isBeside, wide: picture ? picture + NUMBER * (isBeside && hasNumber) : plain, high: round || high };
  }

  // The place of a pixel or a neuron, or where the lines on one side of it end: 1 is the right, -1 the left side. Those of
  // pixels end at the edge of the digit, from where a wire leads to the pixel, below the numbers of its row.
  at([column, index], towards = 0) {
    const { side, top } = this;
    const row = this.isFirst && column === this.data.columns.length ? Object.keys(this.data.at_first).indexOf(String(index)) : index;
    if (column === 0) {
      if (index >= SIDE * SIDE) return [side / 2, top + side + 8];
      return [side + 4, top + (Math.floor(index / SIDE) + 0.84 + (0.14 * (index % SIDE)) / (SIDE - 1)) * (side / SIDE)];
    }
    const [{ slot, wide }, isRest] = [this.boxes[column - 1], !this.data.columns[column - 1][index]?.values.length];
    return [side + this.gap * column + (towards * wide) / 2, this.head + row * slot + (isRest ? REST : slot) / 2];
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
    if (this.isFirst) this.sketch();
    else if (this.isOpen) this.meet();
    else quiet.sort((one, other) => one.is_followed - other.is_followed).forEach((edge) => this.edge(edge));
    titles.forEach(([title, brief], column) => {
      if (this.isOpen || this.isAway(column)) return;
      const x = column ? this.at([column, 0])[0] : side / 2;
      const isAnswer = this.bar && !guess && column === columns.length;
      const room = isAnswer ? this.width - x * !this.isFirst : column ? this.gap * (columns.length < 3 ? 1.3 : 1) - 5 : side; // the outputs have a short title
      const look = isAnswer ? `from-left ${this.isFirst ? "label" : "answers"}` : column || guess ? "" : "label";
      const above = isAnswer && this.isFirst ? Math.max(8, this.at([column, Object.keys(this.data.at_first)[0]])[1] - THICK * 1.15 - (this.width < NARROW ? 65 : 54)) : 8;
      const text = shape("text", { x: x - (isAnswer * HIGH) / 2, y: column ? above : top - 18, class: look }, svg, title);
      if (text.getComputedTextLength() > room * 1.15) text.textContent = brief;
      squeeze(text, room);
      if (isAnswer && this.isFirst) text.setAttribute("x", Math.min(x - HIGH / 2, this.width - text.getComputedTextLength()));
      if (column !== 1) return;
      this.legendAt(x, TOP - 16, "", this.data.legend);
    });
    const spread = lit.filter(({ source }) => source[0] === 0).sort((one, other) => one.source[1] - other.source[1]);
    lit.forEach((edge) => this.edge(edge, spread.indexOf(edge), spread.length));
    if (this.isOpen) {
      const left = this.at([columns.length, 0], -1)[0];
      squeeze(shape("text", { x: this.bar ? left : this.width, y: this.bar ? 26 : 8, class: `${this.bar ? "from" : "to"}-left invites` }, svg, guess.here), this.bar ? this.width - left : this.width / 2);
    }
    columns.forEach((nodes, column) => nodes.forEach((node, index) => this.isAway(column + 1, index) || this.node(node, column + 1, index)));
    if (shown.size && this.bar) shape("text", { x: side / 2, y: top + side + 18, class: "halo" }, svg, pixels); // a phone has no room
    this.list.replaceChildren();
    for (const { says } of lit) element("li", "", this.list, says);
  }

  // At first, the network is a sketch: a row of neurons to blame, between the two outputs so that no lines cross, which are as
  // thick as their weights. After the guess, each has its blame, which arrives along the lines of the one that gets most.
  sketch() {
    const { data: { at_first, columns, edges, legend, suspects, titles }, height, side, svg, width } = this;
    const [isNarrow, last] = [width < NARROW, columns.length];
    const end = (digit) => [this.at([last, digit], -1)[0] - 8, this.at([last, digit])[1]];
    const nodes = (columns.at(-2) ?? []).filter(({ values }) => values.length);
    const wires = edges.filter(({ stage, source, target }) => stage === null && source[0] === last && source[1] in at_first && target[1] < (nodes.length || Infinity));
    if (!nodes.length) {
      for (const { source, target } of wires) this.line(end(source[1]), this.at(target));
      return;
    }
    const ends = Object.keys(at_first).map(end);
    const [left, right, middle] = [isNarrow ? 0 : side + 40, ends[0][0] - (isNarrow ? 4 : 24), (ends[0][1] + ends[1][1]) / 2];
    const pitch = (right - left) / nodes.length;
    const half = Math.min(pitch * 0.45, 42);
    const x = (index) => left + pitch * (index + 0.5);
    if (!isNarrow) this.line([side + 4, middle], [x(0) - half, middle]);
    for (const { source, target } of wires) {
      const [index, [x1, y1]] = [target[1], end(source[1])];
      const y2 = middle + Math.sign(y1 - middle) * half;
      const weight = suspects?.weights[source[1]][index];
      const isAway = this.guess && String(index) !== suspects.answer;
      const look = { d: `M ${x1} ${y1} L ${x(index)} ${y2}`, class: `votes ${weight < 0 ? "negative" : ""}`, "stroke-width": 1 + (isNarrow ? 6 : 9) * Math.abs(weight), opacity: isAway ? 0.2 : 0.8 };
      if (weight) shape("path", look, svg);
      else this.line([x1, y1], [x(index), y2]);
      if (!weight || !this.guess || isAway) continue;
      const arrow = shape("path", { ...look, d: "M -7 -9 L 5 0 L -7 9", class: "grey arrow", "stroke-width": 3, opacity: 1 }, svg);
      Object.assign(arrow.style, { offsetPath: `path("${look.d}")`, offsetDistance: "55%" });
    }
    nodes.forEach(({ looks_for }, index) => {
      const [name, blame, looks] = [String(index), suspects?.blame[index], suspects && !this.guess ? this.coloursOf(looks_for) : []];
      const group = shape("g", {}, svg);
      const neuron = shape("rect", { x: x(index) - half, y: middle - half, width: 2 * half, height: 2 * half, rx: looks.length ? 0 : half, class: "neuron" }, group);
      if (!suspects) return;
      if (this.guess) neuron.style.fill = `color-mix(in srgb, var(--${blame < 0 ? "rise" : "fall"}) ${60 * Math.abs(blame)}%, var(--st-secondary-background-color))`;
      group.classList.toggle("followed", this.guess && name === suspects.answer);
      squeeze(shape("text", { x: x(index), y: middle, class: this.guess ? "now" : "unknown" }, group, this.guess ? suspects.says[index] : looks.length ? "" : "?"), 2 * half - 4);
      this.pixels(looks, x(index) - half + 1, middle - half + 1, 2 * half - 2, group);
      this.guessable(group, name, fill(suspects.ask, { number: index + 1 }), () => this.choose(0));
    });
    const [below, room] = [Math.min(middle + half + 72, height - 56), ends[0][0] - left];
    const caption = shape("text", { x: left, y: below, class: "from-left" }, svg, titles[last - 1][Number(isNarrow)]);
    if (caption.getComputedTextLength() > room) caption.textContent = titles[last - 1][1];
    if (!suspects) return;
    squeeze(this.legendAt(left, isNarrow ? height - 30 : below + 26, "from-left", suspects.legend), isNarrow ? width : room + 30);
    if (this.guess) return;
    const question = shape("text", { x: left, y: this.top - 18, class: "invites from-left" }, svg, suspects.here);
    if (isNarrow || question.getComputedTextLength() > room) for (const [name, value] of [["x", 0], ["y", 8]]) question.setAttribute(name, value);
  }

  line = ([x1, y1], [x2, y2]) => shape("line", { x1, y1, x2, y2, class: "faint-line" }, this.svg);

  // At first, the ink of the digit lies over what one neuron looks for, which is one of many, and all lead to all outputs.
  meet() {
    const { data: { columns, crowd: { levels, place, title, key, legend, more, says }, guess, ink }, height, side, svg, top, width } = this;
    const isNarrow = width < NARROW;
    const ends = columns.at(-1).map((_node, digit) => this.at([columns.length, digit], -1));
    const fan = (x, y, opacity, wide) => shape("path", { d: ends.map(([x1, y1]) => `M ${x} ${y} L ${x1 - 5} ${y1}`).join(" "), class: "grey", "stroke-width": wide, opacity }, svg);
    if (!levels.length) return void fan(side + 10, top + side / 2, 0.5, 1.2);
    const room = ends[0][0] - side;
    const across = isNarrow ? side : Math.min(side, room * 0.45, height - 90);
    const [x, y] = isNarrow ? [0, top + side + 28] : [side + room * 0.1, Math.min(top + (side - across) / 2, height - across - 60)];
    const wires = isNarrow ? [[0, top + side, x, y], [side, top + side, x + across, y]] : [[side, top, x, y], [side, top + side, x, y + across]];
    const pitch = Math.min((height - TOP - 60) / levels.length, 60);
    const radius = Math.min(pitch * 0.42, 24);
    const middle = x + across + Math.max(room * 0.14, 38);
    const dots = levels.map((level, index) => [level, middle, (height + 8 + (2 * index - levels.length + 1) * pitch) / 2]);
    dots.forEach(([level, cx, cy], index) => fan(cx, cy, index === place ? 0.7 : 0.25 * Math.abs(level), index === place ? 2.5 : 1.5));
    for (const end of [0, across]) wires.push([middle, dots[place][2], x + across, y + end]);
    for (const [x1, y1, x2, y2] of wires) this.line([x1, y1], [x2, y2]);
    dots.forEach(([level, cx, cy], index) => {
      const circle = shape("circle", { cx, cy, r: radius, class: index === place ? "neuron picked" : "neuron" }, svg);
      circle.style.fill = `color-mix(in srgb, var(--${level < 0 ? "blue" : "red"}) ${75 * Math.abs(level)}%, var(--st-background-color))`;
    });
    squeeze(shape("text", { x: middle, y: dots[place][2] }, svg, says), 2 * radius - 6);
    this.pixels(this.coloursOf(columns[0].find(({ caption, looks_for }) => caption && looks_for.length).looks_for), x, y, across, svg, (pixel, index) => pixel.setAttribute("opacity", 0.35 + 0.65 * ink[index]));
    for (const [x0, y0, size] of [[0, top, side], [x, y, across]]) {
      const d = outlineOf(ink, 0.5).map((ends) => ends.map((end, at) => `${["M", "", "L", ""][at]} ${(at % 2 ? y0 : x0) + (end * size) / SIDE}`).join(" ")).join(" ");
      for (const kind of ["under", "ink-line"]) shape("path", { d, class: kind }, svg);
    }
    shape("rect", { x, y, width: across, height: across, class: "frame" }, svg);
    shape("text", { x: x + across / 2, y: y - 14, class: "halo" }, svg, guess.neuron);
    legend.forEach((words, less) => {
      const line = shape("text", { x: isNarrow ? x : x + across / 2, y: y + across + 18 + less * (isNarrow ? 18 : 26), class: `legends halo ${isNarrow ? "from-left" : ""}` }, svg);
      shape("tspan", { fill: `var(--${less ? "blue" : "red"})` }, line, "■ ");
      shape("tspan", { class: "legend" }, line, words);
    });
    if (more) shape("text", { x: (middle + ends[0][0]) / 2, y: height / 2, class: "halo" }, svg, more);
    const [first, below] = [dots[0][2] - radius - 14, dots.at(-1)[2] + radius + 14];
    shape("text", { x: middle, y: isNarrow ? below : first, class: "halo" }, svg, title);
    shape("text", { x: middle, y: below + 18 * isNarrow, class: "halo" }, svg, key);
  }

  legendAt(x, y, look, legend) {
    const key = shape("text", { x, y, class: `legends ${look}` }, this.svg);
    legend.forEach((words, less) => {
      shape("tspan", { fill: `var(--${less ? "blue" : "red"})` }, key, less ? "\u2003■ " : "■ ");
      shape("tspan", { class: "legend" }, key, words);
    });
    return key;
  }

  coloursOf = (weights) => weights.map((weight) => `var(--${weight < 0 ? "blue" : "red"}) ${Math.min(100, 150 * Math.abs(weight))}`);

  // At first, there are only the digit and the outputs, or two of them.
  isAway = (column, index) => !this.stage && column && (column < this.data.columns.length || (this.isFirst && index !== undefined && !(index in this.data.at_first)));

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
    const at = isOutput ? { x: x0 - 4, y: y0, class: "halo to-left" } : { x, y, class: "halo" };
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
    const full = is_output ? this.bar : picture && !isBelow ? NUMBER : wide;
    const bar = { class: `level ${sign}`, width: Math.abs(level) * full };
    const glows = this.isFirst && this.data.blamed.find((each) => each.index === index);
    shape("rect", { class: `neuron ${glows ? (glows.strength < 0 ? "less" : "more") : ""}`, x: left, y: top, width: wide, height: high, rx: is_output ? high / 2 : 3 }, group);
    if (is_output) {
      shape("text", { x, y, class: this.isFirst ? "label" : "" }, group, name);
      this.output(group, left + wide + 6, y, bar, value, text, index, this.data.blamed.find((each) => each.index === index));
      const { guess, stages } = this.data;
      if (!guess) return;
      this.guessable(group, name, fill(guess.ask, { digit: name }), () => this.start());
      if (this.guess === name && this.stage === stages.length - 1 && this.bar) shape("text", { x: x - wide / 2 - 8, y, class: "to-left halo" }, group, guess.mine);
      return;
    }
    this.pixels(this.coloursOf(looks_for), left + 1.5, top + 1.5, picture - 3, shape("g", { class: "looks" }, group));
    shape("rect", { ...bar, x: left + wide - full, y: top + high - 8 * !isBelow, height: isBelow ? 3 : 7, rx: 3 }, group);
    const [middle, room] = [left + wide - full / 2, picture && !isBelow ? NUMBER - 8 : this.gap - 5];
    const at = isBelow ? { y: top + high + 12, class: "halo" } : { y: y - (followed && picture ? 9 : 3 * Boolean(level)), class: text ? "" : "unknown" };
    const isTight = isBelow && slot - high < 2 * BELOW; // above it is the number of another, and the sentence names it
    squeeze(shape("text", { x: middle, ...at }, group, text || (picture && !this.data.guess ? "" : "?")), room);
    const named = picture && !isBelow ? { x: middle, y: y + 9, class: "small" } : { x: picture ? x : x - 22, y: top - 10, class: "halo" };
    if (followed && !isTight) squeeze(shape("text", named, group, caption), room);
  }

  // The bar of an output, what it lacks, and what should become of it. Their texts are in them if they fit, at first below.
  output(group, left, y, bar, { missing = 0, lacks }, text, index, blamed) {
    const thick = this.isFirst ? Math.min(THICK * 2.3, this.words ? Infinity : this.boxes.at(-1).slot * 0.3) : THICK;
    if (!text) shape("rect", { class: "track", x: left, width: this.bar, y: y - thick / 2, height: thick, rx: 6 }, group);
    shape("rect", { ...bar, x: left, y: y - thick / 2, height: thick }, group);
    if (this.isFirst) squeeze(shape("text", { x: left - HIGH, y: y - thick / 2 - 18, class: "from-left words" }, group, this.data.at_first[index]), this.width - left + HIGH);
    const outline = { x: left + bar.width, width: missing * this.bar };
    if (outline.width) shape("rect", { ...outline, class: "missing", y: y - thick / 2 + 1, height: thick - 2 }, group);
    let end = outline.x + outline.width + (this.bar ? 4 : -3);
    const below = y + thick / 2 + 16;
    const number = shape("text", { ...(this.isFirst ? { x: left, y: below } : { x: end, y }), class: "from-left halo" }, group, text);
    const long = number.getComputedTextLength();
    if (this.isFirst) {
      const x = Math.max(outline.x, left + long + ROOM);
      if (outline.width && this.width >= NARROW) squeeze(shape("text", { x, y: below, class: "from-left blamed level less" }, group, lacks), this.width - x);
    } else if (outline.width && bar.width > long + ROOM) {
      number.setAttribute("class", "from-left");
      number.setAttribute("x", left + ROOM / 2);
      const words = shape("text", { x: outline.x + ROOM / 2, y, class: "from-left" }, group, lacks);
      if (outline.width < words.getComputedTextLength() + ROOM) words.remove();
    } else {
      const room = this.width - end - MARK * Boolean(blamed);
      squeeze(number, room);
      end += Math.min(long, room);
    }
    if (!blamed) return;
    const isLow = blamed.strength < 0;
    const direction = `from-left blamed level ${isLow ? "less" : "more"}`;
    if (this.isFirst && (this.width < NARROW || this.width - end < WORDS)) [end, y] = [left - (this.width < NARROW ? 34 : 5), below + 24]; // below its number
    shape("text", { x: end + 5, y, class: `${direction} mark` }, group, isLow ? "▲" : "▼");
    if (this.isFirst || (this.words && !this.stage)) squeeze(shape("text", { x: end + MARK + 4, y, class: `${direction} words` }, group, blamed.words), this.width - end - MARK - 4);
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
