// The living network on Train: a test digit runs through the network, from its pixels through the hidden neurons to ten
// probabilities. It shows the weights of the page, of the stream during training, or of the training slider.

import { ACTIVATIONS } from "./activations.js"; // see network.js
import { ARROWS, between, built, element, html, named, outlineOf, range as all, reach, SIDE, tell } from "./elements.js";
import { Reading } from "./moment.js";
import { DIGITS, largest, numbersOf, unpacked } from "./network.js";
import { numeral, percent, short, sureness } from "./numbers.js";
import { inRows, paint, penOn } from "./paint.js";
import { speak } from "./speak.js";
import { next } from "./spots.js";
import { Weights } from "./stream.js";
import { _, listed, ngettext } from "./words.js";

const INPUTS = SIDE * SIDE;
const EVERY = 4000; // milliseconds for each digit
const RUN = 700; // milliseconds in which a digit runs through the network
const FADE = 250; // milliseconds in which the pictures of one digit give way to those of the next
const GLIDE = 450; // milliseconds in which edges glide to the next weights
const FRAME = 30; // milliseconds between two frames at least: twice as many look the same, and take twice the work
const EDGES = 32; // number of edges between two layers, those that contribute most to the digit's sums
const THICKEST = 5; // pixels
const GROWTH = 8; // an edge has half of that if its weight is this multiple of a typical initial weight
const LARGEST_CELL = 110; // pixels
const TIDY = 1.3; // how much smaller cells may be if the last row of the grid is then full
const MOVED = 3; // weights that a step moved most
const FRAMED = 3; // neurons of a layer that matter most for the answer: a single layer shows them large
const [SMALL, LEAST, BESIDE] = [0.1, 44, 150]; // the small pictures of all neurons: share of the height, least pixels, and those for the words on their left
const INKED = 8; // of 16, for a pixel within the outline of the digit
const PALE = 0.2; // opacity of the edges while the moved weights are shown
const [BOLD, ASIDE] = [1.8, 0.35]; // the width of the edges to the answer, and the opacity of those to the other digits
const PALE_NEURON = 0.3; // opacity of the others
const PALE_BETWEEN = 0.6; // how much edges fade there: otherwise pieces of them would show between the neurons of a layer
const VIVID = 0.98; // share of the weights below the ends of the colours, so that few large ones do not pale all others
const [CAPTION, HEADED] = [26, 28]; // height in pixels of the texts below and above the layers
const SWATCH = 14; // pixels
const calm = matchMedia("(prefers-reduced-motion: reduce)");
const gain = ({ side, isFull }) => side * (isFull ? TIDY : 1);
const amount = (by) => (by > 0 ? "+" : "") + short(by, 2);

// The root of the mean square of the initial weights that are not zero. A large network has only the drawn ones.
function typical(weights) {
  const known = weights.filter((weight) => weight);
  return Math.sqrt(known.reduce((sum, weight) => sum + weight ** 2, 0) / (known.length || 1));
}

// The number of columns and the size of the cells of a grid, whose last row should be full.
function gridOf(count, width, height) {
  const grids = all(count).map((at) => {
    const across = at + 1;
    const side = Math.max(1, Math.min(LARGEST_CELL, width / across, height / Math.ceil(count / across)));
    return { across, side, isFull: count % across === 0 };
  });
  return grids.reduce((best, grid) => (gain(grid) > gain(best) ? grid : best));
}

// One digit in the network at a point in training: activations, probabilities and the edges that matter most.
// Probabilities that differ by less than `alike` are no answer.
export class Scene {
  constructor(moment, digits, number, alike) {
    const { network: { layers, factor }, shown } = moment;
    const pixels = digits.pixels.subarray(INPUTS * number, INPUTS * (number + 1));
    const isWhole = !moment.isPartial; // otherwise the server has computed the results
    const reading = isWhole ? new Reading(moment.network, { pixels, labels: [0] }) : moment;
    const row = isWhole ? 0 : number;
    const hidden = shown.map((neurons, layer) =>
      neurons.map((neuron, place) => reading.hidden[layer][isWhole ? neuron : row * neurons.length + place]));
    Object.assign(this, { moment, number, pixels, shown, hidden, label: digits.labels[number] });
    this.probabilities = Array.from(reading.probabilities.subarray(DIGITS * row, DIGITS * (row + 1)));
    this.answer = largest(this.probabilities);
    this.hasAnswer = Math.max(...this.probabilities) - Math.min(...this.probabilities) >= alike; // false for NaN
    this.ends = [all(INPUTS), ...shown, all(DIGITS)];
    this.values = [Array.from(pixels, (ink) => ink * factor), ...hidden];
    this.framed = hidden.map((values, layer) => this.framedOf(values, layer, layers[layer + 1]));
    this.edges = this.edgesAt(this.framed);
  }

  // The places of the neurons that add most to the answer, or in earlier layers those with the largest outputs. The first come first.
  framedOf(values, layer, { outputs, weights }) {
    const isLast = layer === this.shown.length - 1;
    const sizes = values.map((value, place) => (isLast ? value * weights[this.shown[layer][place] * outputs + this.answer] : Math.abs(value)));
    return new Set(all(sizes.length).filter((place) => sizes[place] > 0 && (this.hasAnswer || !isLast)).sort((one, other) => sizes[other] - sizes[one]).slice(0, FRAMED));
  }

  // The strongest edges that begin or end at some neurons, a set of places for each layer, or at any if there are none.
  edgesAt(neurons) {
    return new Map(this.moment.layers.flatMap((layer, gap) => this.edgesOf(layer, gap, neurons)));
  }

  edgesOf({ outputs, weights }, gap, neurons) {
    const [from, to, values, isAny] = [this.ends[gap], this.ends[gap + 1], this.values[gap], !neurons.some(({ size }) => size)];
    const isLast = gap === this.ends.length - 2;
    const found = [];
    from.forEach((row, start) => {
      if (!values[start]) return;
      to.forEach((column, end) => {
        if (!isAny && !neurons[gap]?.has(end) && !neurons[gap - 1]?.has(start)) return;
        const weight = weights[row * outputs + column];
        found.push({ gap, start, end, weight, size: Math.abs(values[start] * weight) });
      });
    });
    const sizes = Float64Array.from(found, ({ size }) => size).sort();
    const least = sizes[Math.max(0, sizes.length - EDGES)];
    const most = sizes.at(-1) || 1;
    const chosen = found.filter(({ size }) => size >= least && size > 0).slice(0, 2 * EDGES);
    const edges = chosen.map((edge) => {
      const bold = isLast && this.hasAnswer && edge.end === this.answer ? BOLD : 1;
      const shade = (0.45 + (0.5 * edge.size) / most) * (isLast && this.hasAnswer && bold === 1 ? ASIDE : 1);
      return [`${gap} ${from[edge.start]} ${to[edge.end]}`, { ...edge, bold, shade }];
    });
    return edges.sort(([, one], [, other]) => one.bold - other.bold); // the bold ones lie over the others
  }
}

// The only tab stop of the neurons is their canvas.
const MARKUP = html`
  <div class="frame">
    <canvas class="edges"></canvas><canvas class="still" role="img" tabindex="0"></canvas><canvas class="ghost"></canvas><div class="tip" hidden></div>
  </div>
  <p class="words"></p>
  <div class="asks">
    <button class="following"></button><button class="why"></button><span class="rare"><button class="play"></button><button class="table"></button></span>
  </div>`;

function sentenceOn({ answer, label, hasAnswer, probabilities }) {
  const fields = { label, answer, probability: sureness(probabilities[answer]) };
  if (hasAnswer && answer === label) return _("Correct: {label}, {probability} sure.", fields);
  if (hasAnswer) return _("It reads this {label} as {answer}, {probability} sure.", fields);
  if (Number.isNaN(probabilities[0])) return _("The numbers overflowed, so the network has no answer.");
  return _("It is equally sure of all ten digits, so it has no real answer.");
}

function nameOfEdge(isDeep, isLast, fields) {
  if (isDeep) return isLast ? _("neuron {row} → digit {column}", fields) : _("neuron {row} → neuron {column}", fields);
  return isLast ? _("pixel {row} → digit {column}", fields) : _("pixel {row} → neuron {column}", fields);
}

export default class Living {
  constructor(parent, { signal }) {
    Object.assign(this, built(parent, "digitviz-living", MARKUP));
    this.div.digitvizPlot = this; // for stream.js
    this.div.toggleAttribute("data-main-picture", true);
    this.div.dataset.frames = "0";
    this.table.onclick = () => this.showTable();
    this.play.onclick = () => this.hold(!this.isKept);
    this.following.onclick = () => {
      this.go(this.number + 1);
      speak(this.words.textContent);
    };
    this.why.onclick = () => this.send("why", this.number);
    Object.assign(this, { weights: new Weights(), number: 0, isKept: calm.matches, at: null, near: null, large: [], sheet: document.createElement("canvas") });
    window.addEventListener("digitviz:moment", ({ detail }) => this.follow(detail), { signal });
    const scheme = matchMedia("(prefers-color-scheme: dark)");
    scheme.addEventListener("change", () => setTimeout(() => this.fit(), 300), { signal });
    new IntersectionObserver((seen) => this.look(seen.at(-1).isIntersecting)).observe(this.div);
    new ResizeObserver(() => this.fit()).observe(this.frame);
    this.still.addEventListener("keydown", (event) => this.press(event));
    for (const kind of ["focus", "blur"]) this.still.addEventListener(kind, () => this.mark(kind === "focus" ? this.chosen : null));
    this.still.addEventListener("pointermove", (event) => this.point(event));
    this.still.addEventListener("pointerleave", () => this.mark((this.pointer = null)));
    this.still.addEventListener("click", (event) => this.open(this.cellAt(event)));
  }

  // Show the data of a rerun: texts, then the messages of the stream up to the page's point in training.
  rerun(data) {
    const { head, take } = unpacked(data);
    Object.assign(this, { scales: head.scales, alike: head.alike, isBlank: head.isBlank, last: { live: head.live } });
    this.div.classList.toggle("untrained", head.isBlank);
    this.home = null;
    for (const length of head.blocks) {
      const block = unpacked(take(Uint8Array, length));
      this.home = this.weights.take(block.head, numbersOf(block)) ?? this.home;
    }
    const { network } = this.weights;
    this.home ??= this.weights.initialMoment();
    Object.assign(this.home, { isLive: false, words: head.words });
    this.typical = network.initial.map(({ weights }) => typical(weights));
    this.div.lang = document.documentElement.lang;
    this.following.textContent = _("Next digit");
    this.table.textContent = _("Table");
    this.why.textContent = _("Why?");
    this.hold(this.isKept);
    this.refresh();
    tell("view");
  }

  look(inView) {
    this.inView = inView;
    tell("view");
    if (inView) {
      this.refresh();
      this.fit(); // the edges of weights that came while it was out of view
    }
    this.wait();
  }

  follow(moment) {
    this.at = moment;
    if (this.inView) this.refresh();
  }

  // The moment to show: the page's own, unless the slider or the stream has another point of the same run.
  get moment() {
    const { at, home, last } = this;
    if (!at?.isLive) return at ?? home;
    return last.live && at.serial === home.serial && at.step >= home.step ? at : home;
  }

  go(number) {
    this.number = number % this.weights.network.labels.length;
    this.begun = calm.matches ? null : performance.now();
    this.fade();
    this.refresh();
    this.wait();
  }

  // Let what is drawn now lie over what follows until it has faded.
  fade() {
    const { ghost, still } = this;
    if (calm.matches || !this.size) return;
    penOn(ghost, this.size.width, this.size.height).drawImage(still, 0, 0, this.size.width, this.size.height);
    ghost.animate([{ opacity: 1 }, { opacity: 0 }], { duration: FADE, fill: "forwards" });
  }

  // Keep the digit, or change it every few seconds.
  hold(isKept) {
    this.isKept = isKept;
    named(this.play, isKept ? _("Show another digit every few seconds") : _("Keep this digit")).textContent = isKept ? "▶" : "❚❚";
    this.wait();
  }

  wait() {
    clearTimeout(this.later);
    if (!this.isKept && this.inView) this.later = setTimeout(() => (document.hidden ? this.wait() : this.go(this.number + 1)), EVERY);
  }

  // Compute the digit's way through the network again, if the digit or the weights have changed.
  refresh() {
    const { moment, number, scene } = this;
    if (!this.home || (scene?.moment === moment && scene.number === number)) return;
    const { network } = this.weights;
    this.scene = new Scene(moment, network, number, this.alike);
    this.before = this.stepBefore(scene?.moment);
    this.moves = this.before ? this.movedMost() : [];
    const isOther = scene?.number !== number || calm.matches || String(scene.shown.map((list) => list.length)) !== String(this.scene.shown.map((list) => list.length));
    this.glides = { from: isOther ? this.scene.edges : (this.shownEdges ?? scene.edges), since: performance.now() };
    this.fit();
    if (this.pointer) this.mark(this.cellAt(this.pointer)); // another neuron may be there now
    this.tell();
  }

  // The moment before the last step, if the shown one is a single step later.
  stepBefore(shown) {
    const { moment } = this.scene;
    const isSame = shown && shown.serial === moment.serial && shown.step !== undefined;
    if (isSame && moment.step === shown.step + 1) return shown;
    return isSame && moment.step === shown.step ? this.before : null;
  }

  tell() {
    const { scene } = this;
    const sentence = sentenceOn(scene);
    const moved = this.before ? this.moved() : "";
    this.words.textContent = moved || sentence;
    this.words.classList.toggle("known", !moved && scene.hasAnswer); // the picture says it
    this.still.ariaLabel = [_("The network {moment}, while a test digit runs through it.", { moment: scene.moment.words }), sentence, moved].filter(Boolean).join(" ");
    this.still.ariaDescription = _("Use the arrow keys to move between the neurons, Enter to open one. Press T for a table.");
    Object.assign(this.div.dataset, { digit: scene.label, answer: scene.answer, step: scene.moment.step ?? "" });
  }

  // The weights that the last step moved most, as edges with the amount.
  movedMost() {
    const { before, scene: { ends, moment: { layers, isPartial } } } = this;
    const most = [];
    layers.forEach(({ outputs, weights }, gap) => weights.forEach((weight, at) => {
      const was = before.layers[gap].weights[at];
      const by = isPartial && !(was && weight) ? 0 : weight - was; // both messages have it
      if (!(Math.abs(by) > Math.abs(most[MOVED - 1]?.by ?? 0))) return;
      const [from, to] = [Math.floor(at / outputs), at % outputs];
      most.push({ gap, from, to, by, start: ends[gap].indexOf(from), end: ends[gap + 1].indexOf(to) });
      most.sort((one, other) => Math.abs(other.by) - Math.abs(one.by)).splice(MOVED);
    }));
    return most;
  }

  // A sentence on what the last step did.
  moved() {
    const { scene, before, moves } = this;
    if (!moves.length) return _("This step moved no weight.");
    const last = scene.moment.layers.length - 1;
    const weights = moves.map(({ gap, from, to, by }) => {
      const names = { row: numeral(from + 1), column: numeral(gap === last ? to : to + 1) };
      return `${nameOfEdge(gap > 0, gap === last, names)} (${amount(by)})`;
    });
    const shares = [new Scene(before, this.weights.network, scene.number, this.alike), scene].map((of) => of.probabilities[scene.label]);
    const digits = [1, 2, 3, 4, 5, 6].find((count) => percent(shares[0], count) !== percent(shares[1], count)) ?? 1;
    const [was, now] = shares.map((share) => percent(share, digits)); // as many as show the difference
    const fields = { step: numeral(scene.moment.step), weights: listed(weights), label: scene.label, before: was, after: now };
    return scene.moment.isPartial
      ? _("Of the weights shown, step {step} moved most: {weights}. How sure of {label}: {before} → {after}.", fields)
      : _("Step {step} moved most: {weights}. How sure of {label}: {before} → {after}.", fields);
  }

  // Place the parts in the canvas and draw them.
  fit() {
    const { clientWidth: width, clientHeight: height } = this.frame;
    if (!this.scene || !width || !height) return;
    this.size = { width, height };
    this.place();
    this.draw();
    this.run();
  }

  // One hidden layer has its strongest neurons large between the digit and the answer, and all of them small below, except on a
  // phone and before the training. Otherwise, each layer is a grid.
  place() {
    const { size: { width, height }, scene: { shown, framed } } = this;
    const [isNarrow, isDeep, isLarge] = [width < 500, shown.length > 1, shown.length === 1 && framed[0].size && shown[0].length > FRAMED];
    const room = height - (isLarge ? 0 : CAPTION);
    const box = (x, y, w, h, more) => ({ x, y, w, h, ...more });
    const grid = (neurons, layer, left, top, w, h, inset = 0.5) => {
      const count = neurons.length;
      const { across, side } = gridOf(count, w, h);
      const [x0, y0] = [left + inset * (w - across * side), top + (h - Math.ceil(count / across) * side) / 2];
      const between = Math.max(2, side * 0.12);
      return neurons.map((neuron, place) => {
        const row = Math.floor(place / across);
        const missing = Math.max(0, (row + 1) * across - count); // the last row is in the middle
        const [x, y] = [x0 + ((place % across) + missing / 2) * side, y0 + row * side];
        return box(x + between / 2, y + between / 2, side - between, side - between, { kind: "neuron", layer, neuron, place });
      });
    };
    const low = Math.max(LEAST, room * SMALL);
    const small = isLarge && !isNarrow && !this.isBlank ? grid(shown[0], 0, BESIDE, room - low, width - BESIDE, low, 0) : [];
    const high = (small.length ? room - low - 4 : room) - (isLarge ? CAPTION : 0);
    const [verdict, asks] = isNarrow ? [40, 88] : [56, 36]; // what is below the digit
    const digit = Math.min(340, width * (isDeep ? 0.21 : isNarrow ? 0.27 : 0.32), high - HEADED - verdict - asks);
    const bars = Math.min(300, Math.max(104, width * (isDeep ? 0.21 : 0.26)));
    const gap = Math.min(90, ((isNarrow ? 0.14 : 0.175) * width) / (shown.length + 1));
    const each = (width - digit - bars - gap * (shown.length + 1)) / Math.max(1, shown.length);
    const column = (high - HEADED) / FRAMED;
    const side = Math.min(column - 8, (width - digit - bars) * (isNarrow ? 0.6 : 0.55));
    const middle = (digit + width - bars) / 2;
    const key = isLarge ? box(0, high, 2 * middle, CAPTION) : box(0, HEADED + digit + verdict + asks * (isNarrow ? 2 : 1), digit, 2 * CAPTION);
    this.cells = [[box(0, HEADED, digit, digit, { kind: "digit" }), ...(shown.length ? [{ ...key, kind: "scale" }] : [])]];
    this.div.style.setProperty("--asks", `${HEADED + digit + verdict}px`); // where the buttons about the digit are
    this.enlarged = isLarge ? this.enlarge().map((place, at) =>
      box(middle - side / 2, HEADED + (at + 0.5) * column - side / 2, side, side, { kind: "neuron", layer: 0, neuron: shown[0][place], place }),
    ).filter(({ neuron }) => neuron !== undefined) : [];
    if (isLarge) this.cells.push(small.length ? small : Object.assign([], Object.fromEntries(this.enlarged.map((cell) => [cell.place, cell]))));
    else shown.forEach((neurons, layer) => this.cells.push(grid(neurons, layer, digit + gap + layer * (each + gap), 0, each, room)));
    const line = (high - HEADED) / DIGITS;
    this.cells.push(all(DIGITS).map((place) => box(width - bars, HEADED + place * line, bars, line, { kind: "output", place })));
  }

  // The places of the neurons to show large. One that is among them already stays where it is.
  enlarge() {
    const [neurons] = this.scene.shown;
    const strongest = [...this.scene.framed[0]].map((place) => neurons[place]);
    const kept = this.large.filter((neuron) => strongest.includes(neuron));
    const others = strongest.filter((neuron) => !kept.includes(neuron));
    this.large = all(FRAMED).map((at) => (kept.includes(this.large[at]) ? this.large[at] : others.shift()));
    return this.large.map((neuron) => neurons.indexOf(neuron));
  }

  // Ends of an edge: the right side of the digit or of a neuron, then the left side of the next cell.
  line({ gap, start, end }) {
    const [from, to] = [this.cellOf(gap, start), this.cellOf(gap + 1, end)];
    if (!from || !to) return null;
    const isBelow = this.enlarged.length && gap === 0 && !this.enlarged.includes(to); // among the small ones
    return [from.x + from.w, from.y + from.h / 2, to.x + (isBelow ? to.w / 2 : 0), to.y + (isBelow ? 0 : to.h / 2)];
  }

  cellOf(layer, place) {
    const [{ x, y, w, h }] = this.cells[0];
    if (!layer) return { x, y: y + (place / INPUTS) * h, w, h: h / INPUTS }; // one row of pixels below another
    return (layer === 1 && this.enlarged.find((cell) => cell.place === place)) || this.cells[layer][place];
  }

  // Draw everything but the edges. Its numbers are those of the shown weights.
  draw() {
    const { scene, scene: { moment: { layers } }, cells, size: { width, height } } = this;
    const style = getComputedStyle(this.div);
    const { signed, ink, good, bad, others, track, paper } = this.scales[style.colorScheme.includes("dark") ? "dark" : "light"];
    const pen = penOn(this.still, width, height);
    const text = (words, x, y, align = "center", px = 16, weight = "400", colour = style.color) => {
      Object.assign(pen, { font: `${weight} ${px}px ${style.fontFamily}`, textAlign: align, textBaseline: "middle", fillStyle: colour });
      pen.fillText(words, x, y);
    };
    const wide = (words, looks = "16px") => ((pen.font = `${looks} ${style.fontFamily}`), pen.measureText(words).width);
    pen.imageSmoothingEnabled = false;
    const [[digit, scale]] = cells;
    paint(this.sheet, inRows(scene.pixels, SIDE), [0, 16], ink);
    pen.drawImage(this.sheet, digit.x, digit.y, digit.w, digit.h);
    const rect = (kind, looks, ...sides) => {
      Object.assign(pen, { globalAlpha: 1, ...looks });
      pen[kind](...sides);
      pen.globalAlpha = 1;
    };
    const ring = ({ x, y, w, h }) => rect("strokeRect", { strokeStyle: style.color, lineWidth: 2 }, x - 1, y - 1, w + 2, h + 2);
    rect("strokeRect", { strokeStyle: style.color, lineWidth: 1, globalAlpha: 0.4 }, digit.x + 0.5, digit.y + 0.5, digit.w - 1, digit.h - 1);
    const isRight = scene.answer === scene.label;
    const guess = scene.hasAnswer ? `${scene.answer} ${isRight ? "✓" : "✗"}` : "";
    const verdict = guess && (scene.probabilities[scene.answer] < 0.5 ? _("guesses {guess}", { guess }) : _("reads {guess}", { guess }));
    const verdictColour = isRight ? good : bad;
    const [isNarrow, below] = [width < 500, height - CAPTION / 2 + 2];
    const heading = (words, x, align) => text(words, x, HEADED / 2 - 3, align, 17, "700");
    const isCut = scene.shown.some((neurons, layer) => layers[layer].outputs > neurons.length);
    if (!isNarrow) heading(_("a digit goes in"), digit.x, "left");
    heading(_("how sure it is"), cells.at(-1)[0].x, "left");
    const told = isNarrow && wide(verdict, "700 20px") > digit.w + 12 ? guess : verdict;
    text(told, digit.x, digit.y + digit.h + (isNarrow ? 20 : 30), "left", isNarrow ? 20 : 34, "700", verdictColour);
    if (scale) this.drawKey(pen, text, scale, wide);
    scene.shown.forEach((neurons, layer) => {
      const of = cells[layer + 1].flat(); // without those that are not shown
      const most = reach(scene.hidden[layer]) || 1;
      const [start, end] = [Math.min(...of.map(({ x }) => x)), Math.max(...of.map(({ x, w }) => x + w))];
      if (!this.enlarged.length) rect("fillRect", { fillStyle: paper, globalAlpha: PALE_BETWEEN }, start, of[0].y, end - start, of.at(-1).y + of.at(-1).h - of[0].y);
      if (layer === 0) {
        const most = this.drawWeights(pen, layers[0], neurons, [...of, ...this.enlarged], signed);
        this.most = short(most, 2);
      } else {
        paint(this.sheet, [Float32Array.from(scene.hidden[layer], (value) => value / most)], [-1, 1], signed);
        of.forEach(({ x, y, w, h }, place) => pen.drawImage(this.sheet, place, 0, 1, 1, x, y, w, h));
      }
      const large = new Set(this.enlarged.map(({ place }) => place));
      of.forEach((cell) => {
        if (large.size ? large.has(cell.place) : scene.framed[layer].has(cell.place)) ring(cell);
        else if (scene.framed[layer].size && !this.isNear(layer, cell.place)) rect("fillRect", { fillStyle: paper, globalAlpha: 1 - PALE_NEURON }, cell.x, cell.y, cell.w, cell.h);
      });
      for (const cell of this.enlarged) {
        ring(cell);
        this.outlineInk(pen, cell, paper, style.color);
      }
      const { outputs: count } = layers[layer];
      const many = count > neurons.length ? _("{shown} of {count}", { shown: neurons.length, count }) : ngettext("{count} neuron", "{count} neurons", count, { count });
      if (this.enlarged.length) {
        const [{ x, w }, all] = [this.enlarged[0], { shown: this.enlarged.length, count }];
        const isBegun = (scene.moment.step ?? scene.moment.batch) > 0;
        const name = isBegun ? _("what {shown} of {count} neurons look for", all) : _("{shown} of {count} neurons, before training", all);
        if (isNarrow) heading(wide(name, "700 17px") < x + w ? name : _("{shown} of {count} neurons", all), x + w, "right");
        else heading(name, x + w / 2, "center");
        if (of.length === this.enlarged.length) return;
        const row = of[0].y + (of.at(-1).y + of.at(-1).h - of[0].y) / 2;
        text(isCut ? _("strongest {shown} of {count}", { shown: neurons.length, count }) : many, 0, row - 11, "left");
        text(_("press one"), 0, row + 11, "left");
        return;
      }
      const words = isNarrow && scene.shown.length > 2 ? numeral(neurons.length) : many;
      const half = wide(words) / 2;
      const middle = Math.min(Math.max((start + end) / 2, half), width - half);
      text(words, middle, below);
      if (isCut && !layer) text(_("strongest:"), middle - half - 8, below, "right");
    });
    for (const { x, y, w, h, place } of cells.at(-1)) {
      const probability = scene.probabilities[place];
      const isAnswer = scene.hasAnswer && place === scene.answer;
      const long = w - 30; // the percentage is at the end of the bar, in it if there is room
      const bar = (part, looks) => rect("fillRect", looks, x + 24, y + h * 0.16, part * long, h * 0.68);
      bar(1, { fillStyle: track, globalAlpha: 0.5 });
      bar(probability || 0, { fillStyle: isAnswer ? verdictColour : others, globalAlpha: isAnswer ? 1 : 0.6 });
      text(String(place), x + 9, y + h / 2, "center", isAnswer ? 30 : 20, isAnswer ? "700" : "400", isAnswer ? verdictColour : style.color);
      const [end, isIn] = [x + 24 + probability * long, probability > 0.6];
      if (isAnswer) text(sureness(probability), end + (isIn ? -6 : 6), y + h / 2 + 1, isIn ? "right" : "left", 20, "700", isIn ? paper : style.color);
    }
  }

  // The colours of weights: of the pixels of a neuron, and of edges, whose ends vote if no output is negative.
  drawKey(pen, text, { x, y, w }, wide) {
    const isVote = this.enlarged.length && ACTIVATIONS[this.weights.network.activation](-1) >= 0;
    const words = isVote ? [_("votes for"), _("votes against")] : w < 120 ? ["+", "−"] : [_("ink adds"), _("ink subtracts")];
    const widths = words.map((each) => SWATCH + 6 + wide(each));
    const isRow = w > widths[0] + widths[1] + SWATCH;
    const left = isRow ? x + (w - widths[0] - widths[1] - SWATCH) / 2 : x;
    ["positive", "negative"].forEach((sign, at) => {
      const [start, middle] = [left + (isRow && at ? widths[0] + SWATCH : 0), y + CAPTION / 2 + (isRow ? 0 : at * CAPTION)];
      pen.fillStyle = this.scales[sign];
      pen.fillRect(start, middle - SWATCH / 2, SWATCH, SWATCH);
      text(words[at], start + SWATCH + 6, middle + 1, "left");
    });
  }

  // What each neuron of the first layer looks for: its 64 weights, on one scale that ends at the largest but a few.
  drawWeights(pen, { outputs, weights }, neurons, cells, signed, end) {
    const rows = all(SIDE).map((down) => Float64Array.from(neurons.flatMap((neuron) => all(SIDE).map((across) => weights[(down * SIDE + across) * outputs + neuron]))));
    const sizes = end ? [] : Float64Array.from(rows.flatMap((row) => Array.from(row, Math.abs))).sort();
    const most = end ?? (sizes[Math.floor(VIVID * (sizes.length - 1))] || sizes.at(-1) || 1);
    paint(this.sheet, rows, [-most, most], signed);
    for (const { x, y, w, h, place } of cells) pen.drawImage(this.sheet, place * SIDE, 0, SIDE, SIDE, x, y, w, h);
    return most;
  }

  // Outline the digit on a neuron: its ink on red adds to the neuron's sum, on blue it subtracts.
  outlineInk(pen, { x, y, w }, paper, colour) {
    const unit = w / SIDE;
    pen.beginPath();
    for (const [x0, y0, x1, y1] of outlineOf(this.scene.pixels, INKED)) {
      pen.moveTo(x + x0 * unit, y + y0 * unit);
      pen.lineTo(x + x1 * unit, y + y1 * unit);
    }
    for (const [strokeStyle, lineWidth] of [[paper, 4], [colour, 2]]) {
      Object.assign(pen, { strokeStyle, lineWidth, lineCap: "square" });
      pen.stroke();
    }
  }

  // Draw frames until the edges rest.
  run() {
    const frame = () => requestAnimationFrame((now) => {
      Object.assign(this, { moving: null, drawnAt: now });
      if (this.scene && this.inView !== false && this.div.isConnected && this.drawEdges(now)) this.run();
    });
    this.moving ??= setTimeout(frame, (this.drawnAt ?? 0) + FRAME - performance.now());
  }

  // Draw the edges between the last weights and the shown ones. Return whether they still move.
  drawEdges(now) {
    const { scene, scene: { edges: to, ends }, glides } = this;
    const share = calm.matches ? 1 : between((now - glides.since) / GLIDE, 0, 1);
    const wave = this.begun ? (now - this.begun) / RUN : 2; // from the digit to the answer
    const pen = penOn(this.edges, this.size.width, this.size.height);
    const shown = new Map();
    for (const key of share < 1 ? new Set([...glides.from.keys(), ...to.keys()]) : to.keys()) {
      const [old, target] = [glides.from.get(key), to.get(key)];
      const edge = target ?? old;
      const gliding = (name, none) => (old?.[name] ?? none) * (1 - share) + (target?.[name] ?? none) * share;
      const [weight, shade] = [gliding("weight", edge.weight), gliding("shade", 0)];
      shown.set(key, { ...edge, weight, shade });
      const passed = between(wave * (ends.length - 1) - edge.gap, 0, 1); // one layer lights up after another
      if (passed && this.isShown(edge)) this.stroke(pen, this.line(edge), weight, passed * shade * (this.moves.length ? PALE : 1), edge);
    }
    const near = this.near?.[0] < scene.shown.length ? scene.edgesAt(scene.shown.map((_neurons, layer) => new Set(this.near[0] === layer ? [this.near[1]] : []))) : new Map();
    for (const edge of near.values()) this.stroke(pen, this.line(edge), edge.weight, 1, edge);
    for (const move of this.moves) if (this.line(move)) this.stroke(pen, this.line(move), move.by, 1, move, THICKEST);
    this.shownEdges = shown;
    this.div.dataset.frames = Number(this.div.dataset.frames) + 1;
    if (wave >= 1) this.begun = null;
    return share < 1 || wave < 1;
  }

  // Small neurons have no edges but under the pointer.
  isShown({ gap, start, end }) {
    const isLarge = (place) => this.enlarged.some((cell) => cell.place === place);
    return !this.enlarged.length || isLarge(gap ? start : end);
  }

  stroke(pen, [x0, y0, x1, y1], weight, shade, { gap, bold = 1 }, width) {
    const [size, bend] = [Math.abs(weight), (x1 - x0) / 2];
    pen.lineWidth = width ?? Math.max(0.4, (bold * THICKEST * size) / (size + GROWTH * this.typical[gap] || 1));
    pen.strokeStyle = weight < 0 ? this.scales.negative : this.scales.positive;
    pen.globalAlpha = shade;
    pen.beginPath();
    pen.moveTo(x0, y0);
    pen.bezierCurveTo(x0 + bend, y0, x1 - bend, y1, x1, y1);
    pen.stroke();
  }

  cellAt({ offsetX, offsetY }) {
    return this.cells && [...this.enlarged, ...this.cells.flat()].find(({ x, y, w, h }) => offsetX >= x && offsetX <= x + w && offsetY >= y && offsetY <= y + h);
  }

  point(event) {
    this.pointer = { offsetX: event.offsetX, offsetY: event.offsetY };
    const cell = this.cellAt(this.pointer);
    this.still.style.cursor = cell && cell.kind !== "scale" ? "pointer" : "";
    this.mark(cell);
  }

  isNear(layer, place) {
    return this.near?.[0] === layer && this.near[1] === place;
  }

  // Frame a cell and describe it, or none. A neuron comes forward.
  mark(cell) {
    const near = cell?.kind === "neuron" ? [cell.layer, cell.place] : null;
    if (String(near) !== String(this.near)) {
      this.near = near;
      this.draw();
      this.run();
    }
    this.tip.hidden = !cell;
    this.tip.replaceChildren();
    if (!cell) return;
    const { x, y, w, h } = cell;
    const words = element("span", "", this.tip, this.wordsOf(cell));
    Object.assign(this.tip.style, { left: `${x - 2}px`, top: `${y - 2}px`, width: `${w + 4}px`, height: `${h + 4}px` });
    words.style.cssText = x + w / 2 > this.size.width / 2 ? "right: 0" : "left: 0";
  }

  wordsOf({ kind, layer, neuron, place }) {
    const { scene } = this;
    if (kind === "digit") return _("A test digit, labelled {label}. Press it for the next one.", { label: scene.label });
    if (kind === "scale") return _("weights from ≤ −{most} to ≥ {most}", { most: this.most });
    if (kind === "output") return _("digit {digit}: {probability}", { digit: place, probability: sureness(scene.probabilities[place]) });
    const out = this.strongestOut(layer, neuron);
    const [activation, to] = [short(scene.hidden[layer][place]), numeral(out.isDigit ? out.to : out.to + 1)];
    const fields = { neuron: numeral(neuron + 1), layer: layer + 1, activation, weight: short(out.weight), to };
    return out.isDigit
      ? _("Neuron {neuron} of layer {layer} outputs {activation}. Its largest weight, {weight}, leads to digit {to}.", fields)
      : _("Neuron {neuron} of layer {layer} outputs {activation}. Its largest weight, {weight}, leads to neuron {to} of the next layer.", fields);
  }

  strongestOut(layer, neuron) {
    const { outputs, weights } = this.scene.moment.layers[layer + 1];
    const to = this.scene.ends[layer + 2];
    const weight = (column) => weights[neuron * outputs + column];
    const best = to.reduce((most, column) => (Math.abs(weight(column)) > Math.abs(weight(most)) ? column : most), to[0]);
    return { to: best, weight: weight(best), isDigit: layer + 2 === this.scene.ends.length - 1 };
  }

  // Open a neuron or an output, by its number among those of all layers.
  open(cell) {
    if (!cell || cell.kind === "scale") return;
    if (cell.kind === "digit") return this.go(this.number + 1);
    const before = this.scene.moment.layers.slice(0, cell.layer ?? this.scene.shown.length);
    this.send("neuron", before.reduce((sum, { outputs }) => sum + outputs, cell.neuron ?? cell.place));
  }

  press(event) {
    const { key } = event;
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    if (key in ARROWS) this.choose(...ARROWS[key]);
    else if (key === "Enter" || key === " ") this.open(this.chosen);
    else if (key === "Escape") this.mark((this.chosen = null));
    else if (key.toLowerCase() === "t") this.showTable();
    else return;
    event.preventDefault();
    event.stopPropagation();
  }

  choose(right, down) {
    const large = ({ kind, place }) => kind === "neuron" && this.enlarged.find((cell) => cell.place === place);
    const cells = this.cells.flat().filter(({ kind }) => down || kind !== "scale"); // which is below the others
    const spots = cells.map((each) => large(each) || each).map((cell) => ({ cell, place: [cell.x + cell.w / 2, cell.y + cell.h / 2] }));
    const { kind, layer, place } = this.chosen ?? {};
    const from = spots.find(({ cell }) => cell.kind === kind && cell.layer === layer && cell.place === place);
    const to = from ? next(spots, from.place, right, down) : spots[0];
    if (!to) return;
    Object.assign(this, { chosen: to.cell, pointer: null });
    this.mark(to.cell);
    speak(this.wordsOf(to.cell));
  }

  async showTable() {
    const { showTable } = await import("./table.js");
    const { scene } = this;
    const neurons = scene.shown.flatMap((list, layer) => list.map((neuron, place) => {
      const { to, weight } = this.strongestOut(layer, neuron);
      return [layer + 1, neuron + 1, scene.hidden[layer][place], weight, layer === scene.shown.length - 1 ? to : to + 1];
    }));
    const outputs = scene.probabilities.map((probability, digit) => [_("answer"), digit, probability, "", ""]);
    this.still.dataset.name = "network";
    const columns = [_("layer"), _("neuron or digit"), _("output"), _("largest weight"), _("leads to")];
    showTable(this.frame, this.still, { columns, rows: [...neurons, ...outputs] });
  }

  remove() {
    clearTimeout(this.later);
    clearTimeout(this.moving);
  }
}
