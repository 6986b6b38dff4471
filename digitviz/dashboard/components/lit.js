// Maps with `meta.lit` show the digits whose buttons are pressed, fade the others below them or in a film hide them, and say how
// much two of them mix. Each panel of such a figure has a trace of points and one of written digits. A film enlarges the pressed digits
// in each frame, and asks before it first plays how many will be mixed at the end.
// All maps of the gallery mark the digit that was last under the pointer. After a click, a guess, the large
// ones mark its look-alikes, the ten most like it, too, and show beside themselves its ten closest dots as pictures.

import { bytesAt, element, fill, range, SIDE, tell } from "./elements.js";
import { beside, circle, drawFace, drawRinged, Painted, screenOver } from "./faces.js";
import { percent } from "./numbers.js";
import { channels } from "./paint.js";
import { speak } from "./speak.js";
import { seen } from "./spots.js";
import { _, ngettext } from "./words.js";

const PALE = [0.16, 0.22]; // share of ink in the grey of other points on white and on dark paper. They are opaque, because see-through points would add up.
const PAIR = 2;
const [NEIGHBOURS, DOT, LENS] = [10, 5, 28]; // look-alikes, and the radius of their dots and of the smallest magnifying glass
const [MARGIN, TURNS] = [1 / 30, 12]; // around the digits of a film, as a part of its width, and angles at which it may lie
let predicted = null; // the film and the pair of the visitor's prediction, and its limits
let isNew = false; // a pair that no picture has said yet
let found = null; // index of the digit that all maps show
const sheets = {}; // of pictures, by their addresses: one for all maps
let likest = {}; // the digits most like one
let examples = []; // indices of digits that show the difference between the large maps best, the clearest first

let guessed = false;
let held = null; // the map under the pointer at the guess, until it has left it: redrawn, the map sends another point

const question = () => (guessed ? null : document.querySelector(".digitviz-guess"));
const isCovered = () => !guessed && !document.querySelector("[data-told]");
// Two digits can be compared after the guess.
const uncover = (isGuessed, ...more) => ["digitviz-compares", ...more].forEach((name) => document.documentElement.classList.toggle(name, isGuessed));
const pressed = () => [...document.querySelectorAll(".digitviz-legend [aria-pressed=true]")].map(({ textContent }) => Number(textContent));
export const isLit = (label, digits = pressed()) => !digits.length || digits.includes(label);

// A third digit begins a new pair.
document.addEventListener("click", (event) => {
  const button = event.target.closest?.(".digitviz-legend button, a[href='#another']");
  if (!button) return;
  if (button.href) return another(event);
  const press = button.ariaPressed !== "true";
  if (press && pressed().length === PAIR) for (const other of button.parentElement.children) other.ariaPressed = false;
  button.ariaPressed = press;
  isNew = true;
  tell("lit");
});

// Any click uncovers. On a large map, it is a guess.
document.addEventListener("click", ({ target, detail }) => {
  if (!question() || !target.closest?.("[data-testid=stMain]") || target.closest("a")) return;
  guessed = true;
  const panel = target.closest("[class*=st-key-panel_]");
  held = detail ? panel?.querySelector(".digitviz-plot") : document.querySelector(".digitviz-plot:hover"); // from the keyboard 0
  held?.addEventListener("pointerleave", () => (held = null), { once: true });
  tell("found");
  const counts = [...document.querySelectorAll(".digitviz-alike")].map(({ dataset: { count } }) => Number(count));
  const own = panel?.querySelector(".digitviz-alike");
  const verdict = own ? (Number(own.dataset.count) === Math.max(...counts) ? _("Right!") : _("Not that one.")) : "";
  document.querySelector(".digitviz-verdict").textContent = verdict;
  speak(`${verdict} ${saidOfMaps()}`);
  if (!detail) document.querySelector("a[href='#another']").focus();
});

// Return the points of two labels, and those of them whose `nearest` of both has the other label.
export function mixed(places, labels, pair) {
  const points = places.map(({ x, y }, at) => ({ x, y, at, label: labels[at] })).filter(({ label }) => pair.includes(label));
  const far = (one, other) => (one === other ? Infinity : (one.x - other.x) ** 2 + (one.y - other.y) ** 2);
  const nearest = (one) => points.reduce((best, other) => (far(one, other) < far(one, best) ? other : best), one);
  return [points, points.filter((one) => nearest(one).label !== one.label)];
}

// Show the next example in all maps.
function another(event) {
  event.preventDefault(); // keeps the page's URL
  found = examples[(examples.indexOf(found) + 1) % examples.length] ?? found + 1; // the next one until there are examples
  tell("found");
  if (!isCovered()) speak(saidOfMaps());
}

const saidOfMaps = () => [...document.querySelectorAll(".digitviz-alike")].map((row) => `${row.closest("[class*=st-key-panel_]").querySelector("a strong")?.textContent}: ${row.ariaLabel}`).join(". ");

const closest = (far, own) => [...far.keys()].filter((at) => at !== own).sort((one, other) => far[one] - far[other]).slice(0, NEIGHBOURS);
const near = (points, own) => closest(points.map(({ x, y }) => (x - points[own].x) ** 2 + (y - points[own].y) ** 2), own);

// The digits most like one, the most similar first, and whether they are also among its closest dots in a map.
export function kin(sheet, points, own) {
  const around = near(points, own);
  if (likest.own !== own || likest.sheet !== sheet) { // the same in all maps and while they move
    const picture = (at) => sheet.subarray(64 * at, 64 * (at + 1));
    const mine = picture(own);
    const unlike = points.map((_, at) => picture(at).reduce((sum, ink, pixel) => sum + (ink - mine[pixel]) ** 2, 0));
    likest = { own, sheet, found: closest(unlike, own) };
  }
  return likest.found.map((at) => [at, around.includes(at)]);
}

// Return what changes in the traces for the pressed digits. Traces without a change have undefined, as Plotly expects. A figure that
// is drawn again has what the last pair left.
function changes(data, info, look) {
  const [digits, paper] = [pressed(), channels(look.background)];
  const share = PALE[Number(paper[0] < 128)];
  const pale = info.film ? "transparent" : `rgb(${channels(look.template.layout.font.color).map((part, at) => Math.round(share * part + (1 - share) * paper[at]))})`;
  const shade = ([at, colour], stop) => [at, isLit(stop >> 1, digits) ? colour : pale];
  const written = (word) => (info.leads || isLit(Number(word.match(/\d/)), digits) ? word : " "); // Plotly never writes where a text was empty
  const scales = info.titles.flatMap((_, panel) => [kept(data[2 * panel].marker, "colorscale").map(shade), undefined]);
  return { "marker.colorscale": scales, text: info.titles.flatMap((_, panel) => [undefined, kept(data[2 * panel + 1], "text").map(written)]) };
}

// Say which maps of the gallery mix two digits least and most, once it has drawn all maps for them.
function answerTo([first, second], maps) {
  const drawn = [...document.querySelectorAll(".digitviz-mixed.done")];
  const shares = [...document.querySelectorAll("[class*=st-key-panel_]:has(.digitviz-real) [data-share]")].map(({ dataset: { share } }) => share);
  const isLate = drawn.some(({ dataset: { of } }) => of && !of.startsWith(`${first},${second} `));
  if (drawn.length !== Number(maps) || isLate || !shares.length) return "";
  const ordered = [...shares].sort((a, b) => parseFloat(a) - parseFloat(b));
  const [least, most] = [ordered[0], ordered.at(-1)];
  const named = (end) => {
    const numbers = shares.flatMap((share, at) => (share === end ? [String(at + 1)] : []));
    return fill(numbers.length > 1 ? _("maps {numbers}") : _("map {numbers}"), { numbers: new Intl.ListFormat(document.documentElement.lang || "en").format(numbers) });
  };
  const words = _("{first} and {second} mix least on {best} ({least}), most on {worst} ({most}).");
  return fill(least === most ? _("{first} and {second} mix equally on all maps ({least}).") : words, { first, second, best: named(least), least, worst: named(most), most });
}

const kept = (part, name) => (part[`all_${name}`] ??= part[name]);

export class Lit {
  constructor(live) {
    const { div, frame } = live;
    Object.assign(this, { live, div, frame, said: [], face: Object.assign(element("div", "digitviz-found", frame), { hidden: true }) });
    this.canvas = Object.assign(document.createElement("canvas"), { className: "digitviz-over" });
    this.row = Object.assign(document.createElement("div"), { className: "digitviz-alike" });
    div.addEventListener("click", ({ target, clientX, clientY }) => this.info?.found && !isCovered() && live.pointAt({ target, clientX, clientY }, "xy")); // a finger does not hover
  }

  // Before the figure is drawn, so that it is drawn once.
  prepare(data, info, look) {
    const { "marker.colorscale": scales, text } = changes(data, info, look);
    text.forEach((words, place) => (words ? (data[place].text = words) : (data[place].marker.colorscale = scales[place])));
  }

  drawn(info, look, { frames = [], layout: { xaxis, yaxis } }) {
    this.remove();
    if (!this.div._fullData) return; // another page has been opened
    this.frame.append(this.face);
    Object.assign(this, { info, look, frames, ranges: [xaxis, yaxis].map(({ range: [low, high] }) => [(low + high) / 2, high - low]) });
    this.said = info.titles.map(() => element("div", `digitviz-mixed ${info.done ? "done" : ""}`, this.frame));
    this.labels = this.said.map((_, panel) => Array.from(this.div._fullData[2 * panel].customdata, ([, label]) => label));
    this.face.hidden = true;
    if (info.leads) this.frame.before(this.row);
    if (info.found) this.paint(...info.found);
    if (info.asks && !predicted) this.ask();
    if (info.film) uncover(!this.asked);
    !info.film && document.querySelector(".digitviz-legend") ? this.redraw() : this.show();
  }

  async paint(address, shown) {
    const sheet = await (sheets[address] ??= bytesAt(address)).catch(() => delete sheets[address] && null);
    this.painted = sheet && new Painted(sheet, this.look);
    this.row.dataset.of = "";
    found ??= 0;
    if (!shown.length) return this.mark();
    if (!examples.length) [found] = shown; // the first examples come with the last map
    examples = shown;
    tell("found");
  }

  hover({ points: [{ customdata }] }) {
    if (this.info.film && customdata && !isLit(customdata[1])) this.live.leave(); // it is hidden
    if (!this.info.found || !customdata || isCovered() || held === this.div) return;
    found = customdata[0] - 1;
    tell("found");
  }

  mark() {
    const { calcdata, _fullLayout: layout } = this.div;
    const point = this.info?.found && this.painted && calcdata?.[0]?.[found];
    const place = point && seen(layout.xaxis, layout.yaxis, point.x, point.y);
    this.face.hidden = !place;
    if (place) Object.assign(this.face.style, { left: `${place[0]}px`, top: `${place[1]}px` });
    if (!this.info?.leads) return;
    if (place) return this.lead(place);
    this.row.textContent = this.row.dataset.of = ""; // outside an enlarged map
    screenOver(this.div, this.canvas);
  }

  // Mark the look-alikes, the same in both large maps, and enlarge the closest dots in a magnifying glass. Their pictures are beside the map.
  lead(place) {
    const { calcdata: [points], _fullData: [{ marker: { colorscale: scale } }], _fullLayout: { font: { color }, xaxis, yaxis, width, height } } = this.div;
    const [screen, { background: paper, colours: { orange } }] = [screenOver(this.div, this.canvas), this.look];
    const alike = kin(this.painted.sheet, points, found);
    const closest = near(points, found);
    const isHidden = isCovered();
    uncover(!isHidden, "digitviz-guessed");
    const ask = question()?.querySelector("div");
    if (ask && ask.dataset.of !== `${found},${paper}`) {
      ask.dataset.of = `${found},${paper}`;
      this.picture(ask, [found, ...alike.map(([index]) => index)]);
    }
    const key = isHidden ? "" : `${found},${alike}`;
    if (this.row.dataset.of !== key || !this.row.hasChildNodes()) {
      const count = alike.filter(([, isClose]) => isClose).length;
      Object.assign(this.row.dataset, { of: key, count });
      this.row.textContent = "";
      if (ask) element("button", "", this.row, this.side());
      if (!isHidden) {
        const words = ngettext("**{count} of 10** neighbours is a look-alike", "**{count} of 10** neighbours are look-alikes", count, { count });
        const said = element("strong", "", this.row);
        words.split("**").forEach((part, at) => element(at % 2 ? "b" : "span", "", said, part));
        this.picture(element("div", "", this.row), closest, alike.map(([index]) => index));
        const digit = _("digit {digit}", { digit: this.labels[0][found] });
        Object.assign(this.row, { role: "img", ariaLabel: `${digit}: ${said.textContent}` });
      }
    }
    const dotOf = (index) => [xaxis._offset + xaxis.c2p(points[index].x), yaxis._offset + yaxis.c2p(points[index].y)];
    const hue = (index) => scale[2 * this.labels[0][index]][1];
    if (isHidden) { // the question: where the digit is. Its look-alikes would answer it
      if (!ask) return;
      const side = width / 8;
      const at = beside(place, side, [...points.keys()].map((index) => [index, ...dotOf(index)]), [], [0, 0, width, height], []);
      Object.assign(screen, { strokeStyle: orange, lineWidth: 4 }).stroke(new Path2D(`M${place}L${at}`));
      drawFace(screen, this.painted.of(found), [found, ...at], orange, 4, side);
      return;
    }
    const draw = (path, fillStyle, strokeStyle, lineWidth) => {
      Object.assign(screen, { fillStyle, strokeStyle, lineWidth }).fill(path);
      screen.stroke(path);
    };
    const spots = [...closest, found].map((index) => [index, ...dotOf(index)]);
    const centre = [1, 2].map((axis) => spots.map((spot) => spot[axis])).map((values) => (Math.min(...values) + Math.max(...values)) / 2);
    const ring = Math.max(1, ...spots.map(([, x, y]) => Math.hypot(x - centre[0], y - centre[1])));
    const lens = Math.max(LENS, width / 8, ring + DOT);
    const dot = Math.min(DOT, lens / 9);
    const middle = centre.map((at, axis) => Math.min(Math.max(at, lens + 2), [width, height][axis] - 1.4 * lens));
    for (const [index] of alike) drawRinged(screen, dotOf(index), dot, hue(index), [paper, color]);
    for (const [stroke, wide] of [[paper, 0.25], [orange, 0.15]]) draw(new Path2D(`M${middle.map((at) => at + 0.7 * lens)}l${[0.6 * lens, 0.6 * lens]}`), "transparent", stroke, wide * lens);
    for (const [stroke, wide] of [[paper, 7], [orange, 4]]) draw(circle(middle, lens), paper, stroke, wide);
    for (const [index, ...at] of spots) {
      const isAlike = alike.some(([other]) => other === index);
      const there = middle.map((start, axis) => start + (at[axis] - centre[axis]) * (lens - 2 * dot) / ring);
      drawRinged(screen, there, dot, index === found ? orange : hue(index), [paper, isAlike ? color : paper]);
    }
  }

  // Where this large map is.
  side() {
    const isFirst = this.div.hasAttribute("data-main-picture");
    if (window.innerWidth < 640) return isFirst ? _("Upper map") : _("Lower map");
    return isFirst ? _("Left map") : _("Right map");
  }

  picture(parent, indices, kept = []) {
    parent.textContent = "";
    for (const index of indices) {
      const canvas = Object.assign(element("canvas", kept.includes(index) ? "kept" : "", parent), { width: SIDE, height: SIDE });
      canvas.getContext("2d").drawImage(this.painted.of(index), 0, 0);
    }
  }

  remove() {
    for (const each of [...this.said, this.face, this.canvas, this.row, ...(this.asked ? [this.asked] : [])]) each.remove();
    this.asked = null;
    clearTimeout(this.waiting);
  }

  show() {
    if (!this.info || !this.div.isConnected) return;
    if (!document.querySelector(".digitviz-legend")) return void (this.waiting = setTimeout(() => this.show(), 200)); // it may come later than a map
    const change = { ...changes(this.div.data, this.info, this.look), ...(this.info.film && this.enlarged()) };
    window.Plotly.restyle(this.div, change, Array.from(change.text.keys()));
  }

  // Ask how many of the pressed digits will be mixed, in place of the film, which then plays.
  ask() {
    this.live.player.pause();
    this.asked = element("div", "digitviz-ask", this.frame);
    element("b", "", this.asked);
    for (const limits of [[0, 10], [11, 30], [31, 100]]) {
      element("button", "", this.asked, limits.join("–")).onclick = () => {
        predicted = { film: this.info.asks, pair: `${pressed()}`, limits };
        this.asked = this.asked.remove();
        uncover(true);
        if (!matchMedia("(prefers-reduced-motion: reduce)").matches) this.live.player.play(0);
        this.live.player.button.focus();
        this.redraw();
      };
    }
  }

  // Return the places at which the pressed digits fill their part of the picture, turned as they fit best. Frames change in place.
  enlarged() {
    const { div: { _fullData: traces, _fullLayout: layout }, frames, labels: [own, still], live: { player } } = this;
    const [digits, sizes] = [pressed(), [layout.xaxis._length, layout.yaxis._length]];
    this.size = `${sizes}`;
    const unit = Math.min(...sizes.map((length, axis) => length / this.ranges[axis][1])); // pixels
    const turned = ({ x, y }, [cos, sin]) => [Array.from(x, (each, at) => each * cos - y[at] * sin), Array.from(x, (each, at) => each * sin + y[at] * cos)];
    const fit = (parts, labels, turn) => {
      const ends = turned(parts[0], turn).map((values) => values.filter((_, at) => isLit(labels[at], digits))).map((values) => [Math.min(...values), Math.max(...values)]);
      const scales = ends.map(([low, high], axis) => (sizes[axis] - 2 * MARGIN * sizes[0]) / unit / (high - low)).filter(Number.isFinite);
      const scale = scales.length ? Math.min(...scales) : 1;
      return [scale, () => parts.map((part) => turned(part, turn).map((values, axis) => values.map((value) => (value - (ends[axis][0] + ends[axis][1]) / 2) * scale + this.ranges[axis][0])))];
    };
    const [first, last] = [traces.slice(2, 4), frames.at(-1)?.data.slice(0, 2) ?? traces.slice(0, 2)];
    const size = (turn) => fit(first, still, turn)[0] * fit(last, own, turn)[0];
    const turn = range(TURNS).map((number) => number * Math.PI / TURNS).map((each) => [Math.cos(each), Math.sin(each)]).reduce((best, each) => (size(each) > size(best) ? each : best));
    for (const { data } of frames) fit(data.slice(0, 2), own, turn)[1]().forEach(([x, y], at) => Object.assign(data[at], { x, y }));
    const places = [...(frames[player?.at]?.data.slice(0, 2).map(({ x, y }) => [x, y]) ?? fit(traces.slice(0, 2), own, turn)[1]()), ...fit(first, still, turn)[1]()];
    return { x: places.map(([x]) => x), y: places.map(([, y]) => y) };
  }

  // Say at the end of the film whether the prediction was right.
  verdict(digits) {
    const [{ at, last } = {}, { share }] = [this.live.player, this.said[0]];
    if (!predicted || predicted.film !== this.info.asks || predicted.pair !== `${digits}` || at !== last) return "";
    return Math.round(100 * share) >= predicted.limits[0] && Math.round(100 * share) <= predicted.limits[1] ? _("Right!") : _("Not this time");
  }

  redraw() {
    this.mark();
    const { _fullLayout: layout, calcdata } = this.div;
    if (this.info?.film && this.size && this.size !== `${[layout.xaxis._length, layout.yaxis._length]}`) return this.show();
    const [digits, traces] = [pressed(), this.div.querySelectorAll(".scatterlayer > .trace")];
    const hasShare = Boolean(this.info?.words) && digits.length === PAIR;
    this.said.forEach((said, panel) => {
      for (const dot of traces[2 * panel]?.querySelectorAll(".point") ?? []) if (isLit(this.labels[panel][dot.__data__.i], digits)) dot.parentElement.append(dot);
      const places = calcdata[2 * panel] ?? []; // none while the map is computed again
      const key = `${digits} ${places.reduce((sum, { x, y }, at) => sum + x * at + y, 0)}`; // a still map is the same in all frames
      if (!hasShare || said.dataset.of === key) return;
      const [points, apart] = mixed(places, this.labels[panel], digits);
      Object.assign(said, { mixed: new Set(apart.map(({ at }) => at)), share: apart.length / points.length });
      Object.assign(said.dataset, { of: key, share: percent(said.share, 0) });
    });
    this.said.forEach((said, panel) => {
      const axes = ["x", "y"].map((axis) => layout[`${axis}axis${panel ? panel + 1 : ""}`]);
      if (!axes.every(Boolean)) return; // another figure has just been drawn, and comes with other titles
      const [across, up] = axes.map(({ _inputDomain: whole, domain }) => whole ?? domain); // equal scales need less of it
      const isAsked = this.asked && !panel;
      said.classList.toggle("shared", hasShare);
      said.style.setProperty("--share", isAsked ? 0 : said.share);
      const words = hasShare && fill(this.info.words, { first: digits[0], second: digits[1], share: isAsked ? "?" : said.dataset.share });
      const verdict = this.info.film && !panel && hasShare && this.verdict(digits);
      said.textContent = [isAsked ? _("After training") : verdict || this.info.titles[panel][this.live.player?.at ?? 0], words].filter(Boolean).join(" · ");
      if (verdict && !predicted.isTold) speak(said.textContent);
      if (verdict) predicted.isTold = true;
      const [width, top] = [(across[1] - across[0]) * layout.width, (1 - up[1]) * layout.height];
      Object.assign(said.style, { left: `${across[0] * layout.width}px`, top: `${top}px`, width: `${width}px` });
      if (!isAsked) return;
      this.asked.firstChild.textContent = hasShare ? _("Of 100 digits, {count} are mixed. How many after training?", { count: Math.round(100 * this.said[1].share) }) : _("Compare two digits");
      for (const button of this.asked.querySelectorAll("button")) button.hidden = !hasShare;
      Object.assign(this.asked.style, { left: said.style.left, top: said.style.top, width: said.style.width, height: `${(up[1] - up[0]) * layout.height}px` });
    });
    const answer = document.querySelector(".digitviz-least");
    if (answer) answer.textContent = digits.length === PAIR ? answerTo(digits, answer.dataset.maps) : "";
    if (!isNew || digits.length < PAIR || !(answer ? answer.textContent : this.info.film)) return;
    isNew = false;
    speak(answer ? answer.textContent : this.said.map(({ textContent }) => textContent).filter(Boolean).join(". "));
  }
}
