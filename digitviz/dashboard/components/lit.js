// Maps with `meta.lit` show the digits whose buttons are pressed, fade the others below them, and say how much two of them
// mix. Each panel of such a figure has a trace of points and one of written digits.
// All maps of the gallery mark the digit that was last under the pointer. The large ones show it, and lead to the ten most like it.

import { bytesAt, element, fill, tell } from "./elements.js";
import { circle, drawFace, Painted, screenOver } from "./faces.js";
import { percent } from "./numbers.js";
import { channels } from "./paint.js";
import { speak } from "./speak.js";
import { seen } from "./spots.js";
import { _ } from "./words.js";

const PALE = [0.28, 0.42]; // share of the colour of other points on white and on dark paper. They are opaque, because see-through points would add up to full colour.
const PAIR = 2;
const [FEW, ROOM, RING] = [200, 300, 6]; // limit for points in rings, in a map at least so wide; radius of a ring
const [NEIGHBOURS, FAR] = [10, 5]; // as in One map: a map separates two digits if more than FAR times as many points are closer to both
const KINDS = ["grey", "red", "green"]; // from the bottom to the top
const [FACE, LEAST, EDGE] = [64, 28, 7]; // side of the marked digit's picture at the edge of a map: at most, at least, and in parts of a map's width
let isNew = false; // a pair that no picture has said yet
let found = null; // index of the digit that all maps show

const pressed = () => [...document.querySelectorAll(".digitviz-legend [aria-pressed=true]")].map(({ textContent }) => Number(textContent));
export const isLit = (label, digits = pressed()) => !digits.length || digits.includes(label);

// A third digit begins a new pair.
document.addEventListener("click", ({ target }) => {
  const button = target.closest?.(".digitviz-legend button");
  if (!button) return;
  const press = button.ariaPressed !== "true";
  if (press && pressed().length === PAIR) for (const other of button.parentElement.children) other.ariaPressed = false;
  button.ariaPressed = press;
  isNew = true;
  tell("lit");
});

// Return the points of two labels, and those of them that have one with the other label as the nearest of both.
export function mixed(places, labels, pair) {
  const points = places.map(({ x, y }, at) => ({ x, y, label: labels[at] })).filter(({ label }) => pair.includes(label));
  const far = (one, other) => (one === other ? Infinity : (one.x - other.x) ** 2 + (one.y - other.y) ** 2);
  const nearest = (one) => points.reduce((best, other) => (far(one, other) < far(one, best) ? other : best), one);
  return [points, points.filter((one) => nearest(one).label !== one.label)];
}

// The digits most like one, each with the colour of its place in a map, as in One map: near, separated, or between.
export function kin(sheet, points, own) {
  const away = ({ x, y }) => points.map((point) => (point.x - x) ** 2 + (point.y - y) ** 2);
  const picture = (at) => sheet.subarray(64 * at, 64 * (at + 1));
  const closest = (far) => [...far.keys()].filter((at) => at !== own).sort((one, other) => far[one] - far[other]).slice(0, NEIGHBOURS);
  const [mine, from] = [picture(own), away(points[own])];
  const near = closest(from);
  const isFar = (at) => [from, away(points[at])].every((far) => far.filter((each) => each < from[at]).length - 1 > FAR * NEIGHBOURS);
  const unlike = points.map((_, at) => picture(at).reduce((sum, ink, pixel) => sum + (ink - mine[pixel]) ** 2, 0));
  return closest(unlike).map((at) => [near.includes(at) ? "green" : isFar(at) ? "red" : "grey", points[at]]);
}

// Return what changes in the traces for the pressed digits. Traces without a change have undefined, as Plotly expects. A figure that
// is drawn again has what the last pair left.
function changes(data, info, look) {
  const [digits, paper] = [pressed(), channels(look.background)];
  const share = PALE[Number(paper[0] < 128)];
  const pale = (colour) => `rgb(${channels(colour).map((part, at) => Math.round(share * part + (1 - share) * paper[at]))})`;
  const shade = ([at, colour], stop) => [at, isLit(stop >> 1, digits) ? colour : pale(colour)];
  const written = (word) => (info.kept || isLit(Number(word.match(/\d/)), digits) ? word : " "); // Plotly never writes where a text was empty
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
    div.addEventListener("click", ({ target, clientX, clientY }) => this.info?.found && live.pointAt({ target, clientX, clientY }, "xy")); // a finger does not hover
  }

  // Before the figure is drawn, so that it is drawn once.
  prepare(data, info, look) {
    const { "marker.colorscale": scales, text } = changes(data, info, look);
    text.forEach((words, place) => (words ? (data[place].text = words) : (data[place].marker.colorscale = scales[place])));
  }

  drawn(info, look) {
    this.remove();
    if (!this.div._fullData) return; // another page has been opened
    this.frame.append(this.face);
    Object.assign(this, { info, look });
    this.said = info.titles.map(() => element("div", `digitviz-mixed ${info.done ? "done" : ""}`, this.frame));
    this.labels = this.said.map((_, panel) => Array.from(this.div._fullData[2 * panel].customdata, ([, label]) => label));
    this.face.hidden = true;
    if (info.found) this.paint(...info.found);
    document.querySelector(".digitviz-legend") ? this.redraw() : this.show();
  }

  async paint(address, first) {
    const sheet = await bytesAt(address).catch(() => null);
    this.painted = sheet && new Painted(sheet, this.look);
    found ??= first;
    this.mark();
  }

  hover({ points: [{ customdata }] }) {
    if (!this.info.found || !customdata) return;
    found = customdata[0] - 1;
    tell("found");
  }

  mark() {
    const { calcdata, _fullLayout: layout } = this.div;
    const point = this.info?.found && this.painted && calcdata?.[0]?.[found];
    const place = point && seen(layout.xaxis, layout.yaxis, point.x, point.y);
    this.face.hidden = !place;
    if (!place) return;
    Object.assign(this.face.style, { left: `${place[0]}px`, top: `${place[1]}px` });
    if (this.info.kept) this.lead(place);
  }

  // Lead from the marked digit to those most like it, and show it in the corner of the map where it covers least.
  lead([x, y]) {
    const { calcdata: [points, names], clientWidth: width, clientHeight: height, _fullLayout: { font, xaxis, yaxis } } = this.div;
    const [screen, { colours, background }] = [screenOver(this.div, this.canvas), this.look];
    const at = (point) => seen(xaxis, yaxis, point.x, point.y) ?? [-width, 0];
    const relatives = kin(this.painted.sheet, points, found).map(([kind, point]) => [kind, at(point)]).sort(([one], [other]) => KINDS.indexOf(one) - KINDS.indexOf(other));
    const draw = (path, strokeStyle, lineWidth, dash = []) => {
      Object.assign(screen, { strokeStyle, lineWidth }).setLineDash(dash);
      screen.stroke(new Path2D(path));
    };
    const side = Math.max(LEAST, Math.min(FACE, width / EDGE));
    const [half, size] = [side / 2 + 4, Math.max(12, Math.min(17, side / 3))];
    const count = relatives.filter(([kind]) => kind === "green").length;
    const words = fill(side < FACE / 2 ? this.info.short : this.info.kept, { count });
    Object.assign(this.face, { role: "img", ariaLabel: fill(this.info.kept, { count }) });
    const room = half + 0.6 * size * words.length;
    const [dots, written] = [points, names].map((each) => each.map(at));
    const cost = ([right, down, way]) => {
      const over = (places, wide, tall) => places.filter((place) => Math.abs(place[1] - down) < tall && way * (place[0] - right) > -half && way * (place[0] - right) < wide).length;
      return Math.hypot(right - x, down - y) + 20 * over(dots, half, half) + 400 * over(written, room, size);
    };
    const corners = [half, height - half].flatMap((down) => [[half, down, 1], [width - half, down, -1]]);
    const [right, down, way] = corners.sort((one, other) => cost(one) - cost(other))[0];
    draw(`M${x} ${y}L${right} ${down}`, colours.orange, 2);
    for (const [kind, end] of relatives) if (kind === "red") draw(`M${x} ${y}L${end}`, background, 5);
    for (const [kind, end] of relatives) draw(`M${x} ${y}L${end}`, colours[kind], 2.5, kind === "red" ? [6, 4] : []);
    for (const [kind, end] of relatives) {
      Object.assign(screen, { fillStyle: colours[kind] }).fill(circle(end, 5));
      draw(circle(end, 5), background, 1.5);
    }
    drawFace(screen, this.painted.of(found), [0, right, down], colours.orange, 3, side);
    Object.assign(screen, { font: `bold ${size}px ${font.family}`, textAlign: way > 0 ? "left" : "right", textBaseline: "middle", fillStyle: font.color, strokeStyle: background, lineWidth: 5 });
    for (const write of ["strokeText", "fillText"]) screen[write](words, right + way * (half + 6), down);
  }

  remove() {
    for (const each of [...this.said, this.face, this.canvas]) each.remove();
    clearTimeout(this.waiting);
  }

  show() {
    if (!this.info || !this.div.isConnected) return;
    if (!document.querySelector(".digitviz-legend")) return void (this.waiting = setTimeout(() => this.show(), 200)); // it may come later than a map
    const change = changes(this.div.data, this.info, this.look);
    window.Plotly.restyle(this.div, change, Array.from(change.text.keys()));
  }

  redraw() {
    this.mark();
    const { _fullLayout: layout, calcdata, clientWidth, clientHeight } = this.div;
    const [digits, traces] = [pressed(), this.div.querySelectorAll(".scatterlayer > .trace")];
    const screen = this.info?.ringed && screenOver(this.div, this.canvas);
    if (screen) Object.assign(screen, { strokeStyle: layout.font.color, lineWidth: 1.5 });
    this.said.forEach((said, panel) => {
      for (const dot of traces[2 * panel]?.querySelectorAll(".point") ?? []) if (isLit(this.labels[panel][dot.__data__.i], digits)) dot.parentElement.append(dot);
      const places = calcdata[2 * panel] ?? []; // none while the map is computed again
      const key = `${digits} ${places.reduce((sum, { x, y }, at) => sum + x * at + y, 0)}`; // a still map is the same in all frames
      const hasShare = this.info.words && digits.length === PAIR;
      if (hasShare && said.dataset.of !== key) {
        const [points, apart] = mixed(places, this.labels[panel], digits);
        Object.assign(said.dataset, { of: key, share: percent(apart.length / points.length, 0) });
        said.mixed = apart;
      }
      const words = hasShare && fill(this.info.words, { first: digits[0], second: digits[1], share: said.dataset.share });
      said.textContent = [this.info.titles[panel][this.live.player?.at ?? 0], words].filter(Boolean).join(" · ");
      const axes = ["x", "y"].map((axis) => layout[`${axis}axis${panel ? panel + 1 : ""}`]);
      if (!axes.every(Boolean)) return; // another figure has just been drawn, and comes with other titles
      const isRinged = screen && hasShare && said.mixed.length && said.mixed.length <= FEW && axes[0]._length > ROOM;
      for (const { x, y } of isRinged ? said.mixed : []) screen.stroke(circle(seen(...axes, x, y) ?? [-ROOM, 0], RING));
      const below = words && panel === this.said.length - 1 ? this.info.means : isRinged && this.info.ringed;
      if (below) element("small", "", said, below);
      const [across, up] = axes.map(({ _inputDomain: whole, domain }) => whole ?? domain); // equal scales need less of it
      Object.assign(said.style, { left: `${across[0] * clientWidth}px`, top: `${(1 - up[1]) * clientHeight}px` });
    });
    const answer = document.querySelector(".digitviz-least");
    if (answer) answer.textContent = digits.length === PAIR ? answerTo(digits, answer.dataset.maps) : "";
    if (!isNew || digits.length < PAIR || !(answer ? answer.textContent : this.info.means)) return;
    isNew = false;
    speak(answer ? answer.textContent : this.said.map(({ firstChild }) => firstChild.data).join(". "));
  }
}
