// Maps with `meta.lit` show the digits whose buttons are pressed, fade the others below them or in a film hide them, and say how
// much two of them mix. Each panel of such a figure has a trace of points and one of written digits.
// All maps of the gallery mark the digit that was last under the pointer. The large ones lead from it to the pictures of its
// look-alikes, the ten most like it, and say above themselves how many of these stay close.

import { bytesAt, element, fill, range, tell } from "./elements.js";
import { aside, circle, drawFace, Painted, screenOver } from "./faces.js";
import { percent } from "./numbers.js";
import { channels } from "./paint.js";
import { speak } from "./speak.js";
import { seen } from "./spots.js";
import { _, ngettext } from "./words.js";

const PALE = [0.16, 0.22]; // share of ink in the grey of other points on white and on dark paper. They are opaque, because see-through points would add up.
const PAIR = 2;
const [NEIGHBOURS, DOT, LENS, LARGER] = [10, 5, 5.4, 2.5]; // look-alikes, the radius of their dots, and a lens: its radius in parts of a map's width, and its least zoom
const [SIDE, PART, APART, ROUNDS] = [26, 15, 1.15, 60]; // side of their pictures, in pixels and at most a part of the width, their distance in sides, and the steps that reach it
const [WRITTEN, CROSSED, FEW] = [22, 200, 3]; // size of a written digit; a line of the lens across one costs as many pixels; close look-alikes that need a lens
let isNew = false; // a pair that no picture has said yet
let found = null; // index of the digit that all maps show
const sheets = {}; // of pictures, by their addresses: one for all maps
let likest = {}; // the digits most like one
let examples = []; // indices of digits that show the difference between the large maps best, the clearest first

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
  speak([...document.querySelectorAll(".digitviz-alike")].map((row) => `${row.closest("[class*=st-key-panel_]").querySelector("a strong")?.textContent}: ${row.ariaLabel}`).join(". "));
}

// The digits most like one, the most similar first, and whether they are also among its closest dots in a map.
export function kin(sheet, points, own) {
  const closest = (far) => [...far.keys()].filter((at) => at !== own).sort((one, other) => far[one] - far[other]).slice(0, NEIGHBOURS);
  const near = closest(points.map(({ x, y }) => (x - points[own].x) ** 2 + (y - points[own].y) ** 2));
  if (likest.own !== own || likest.sheet !== sheet) { // the same in all maps and while they move
    const picture = (at) => sheet.subarray(64 * at, 64 * (at + 1));
    const mine = picture(own);
    const unlike = points.map((_, at) => picture(at).reduce((sum, ink, pixel) => sum + (ink - mine[pixel]) ** 2, 0));
    likest = { own, sheet, found: closest(unlike) };
  }
  return likest.found.map((at) => [at, near.includes(at)]);
}

// Move places apart until pictures there no longer cover each other. The first stays, and all stay where `inside` puts them.
function spread(places, gap, inside) {
  const moved = places.map((place) => [...place]);
  for (let round = 0; round < ROUNDS; round += 1) {
    for (let one = 0; one < moved.length; one += 1) {
      for (let other = one + 1; other < moved.length; other += 1) {
        const step = [0, 1].map((axis) => moved[other][axis] - moved[one][axis] || 0.01 * (other - one));
        const missing = gap - Math.max(...step.map(Math.abs));
        if (missing <= 0) continue;
        const share = missing / Math.hypot(...step) / (one ? 2 : 1);
        for (const axis of [0, 1]) {
          moved[other][axis] += share * step[axis];
          if (one) moved[one][axis] -= share * step[axis];
        }
      }
    }
    for (const [at, place] of moved.entries()) if (at) moved[at] = inside(place);
  }
  return moved;
}

// Return what changes in the traces for the pressed digits. Traces without a change have undefined, as Plotly expects. A figure that
// is drawn again has what the last pair left.
function changes(data, info, look) {
  const [digits, paper] = [pressed(), channels(look.background)];
  const share = PALE[Number(paper[0] < 128)];
  const pale = info.mark ? "rgba(0,0,0,0)" : `rgb(${channels(look.template.layout.font.color).map((part, at) => Math.round(share * part + (1 - share) * paper[at]))})`;
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
    if (info.leads) this.frame.before(this.row);
    if (info.found) this.paint(...info.found);
    document.querySelector(".digitviz-legend") ? this.redraw() : this.show();
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
    if (this.info.mark && customdata && !isLit(customdata[1])) this.live.leave(); // it is hidden
    if (!this.info.found || !customdata) return;
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
    this.div.querySelectorAll(".scatterlayer > .trace")[1].style.visibility = place ? "hidden" : ""; // drawn aside by `lead`
    if (place) return this.lead(place);
    this.row.textContent = this.row.dataset.of = ""; // outside an enlarged map
    screenOver(this.div, this.canvas);
  }

  // Lead from the marked digit to the pictures of its look-alikes, the same in both maps.
  lead(place) {
    const { calcdata: [points, names], data: [{ marker }], _fullLayout: { width, height, font: { color, family }, xaxis, yaxis } } = this.div;
    const [screen, { background: paper, colours: { orange } }] = [screenOver(this.div, this.canvas), this.look];
    const alike = kin(this.painted.sheet, points, found);
    const count = alike.filter(([, isClose]) => isClose).length;
    if (this.row.dataset.of !== `${found},${alike}`) {
      this.row.dataset.of = `${found},${alike}`;
      this.row.textContent = "";
      const words = ngettext("**{count} of 10** look-alikes stays close", "**{count} of 10** look-alikes stay close", count, { count });
      const said = element("strong", "", this.row);
      words.split("**").forEach((part, at) => element(at % 2 ? "b" : "span", "", said, part));
      const digit = _("digit {digit}", { digit: this.labels[0][found] });
      Object.assign(this.row, { role: "img", ariaLabel: `${digit}: ${said.textContent}` });
    }
    alike.sort(([, one], [, other]) => one - other); // close ones on top
    const dots = points.map(({ x, y }) => seen(xaxis, yaxis, x, y) ?? [-width, 0]);
    const written = names.flatMap(({ x, y, tx }) => (seen(xaxis, yaxis, x, y) ? [[tx.replace(/<.*?>/g, ""), seen(xaxis, yaxis, x, y)]] : []));
    const away = ([x, y], [right, down]) => Math.hypot(x - right, y - down);
    const side = Math.min(SIDE, width / PART);
    const boxes = [];
    const draw = (path, strokeStyle, lineWidth, dash = []) => {
      Object.assign(screen, { strokeStyle, lineWidth }).setLineDash(dash);
      screen.stroke(path);
    };
    const itself = (dot) => dot;
    const onMap = ([x, y]) => [Math.min(width - side / 2 - 2, Math.max(side / 2 + 2, x)), Math.min(height - side / 2 - 2, Math.max(side / 2 + 2, y))];
    // The digit and some look-alikes, with lines between them.
    const web = (shown, middle, at, inside) => {
      const places = spread([middle, ...shown.map(([index]) => at(dots[index]))], APART * side, inside);
      for (const [number, [, isClose]] of shown.entries()) {
        const line = new Path2D(`M${middle}L${places[number + 1]}`);
        draw(line, paper, 4);
        draw(line, color, isClose ? 2.5 : 2, isClose ? [] : [6, 3]);
      }
      for (const [number, [index, isClose]] of [...shown, ...(isKnot && at === itself ? [] : [[found]])].entries()) {
        const [x, y] = places[(number + 1) % places.length];
        screen.setLineDash(isClose === false ? [4, 3] : []);
        drawFace(screen, this.painted.of(index), [index, x, y], index === found ? orange : color, index === found ? 3 : 1.5, side);
        boxes.push([x - side / 2, y - side / 2, x + side / 2, y + side / 2]);
      }
      screen.setLineDash([]);
    };
    // A lens at the emptiest place shows close ones larger.
    const radius = width / LENS;
    const zoom = (0.75 * radius) / Math.max(...alike.map(([index, isClose]) => (isClose ? away(dots[index], place) : 1)));
    const isInside = (dot) => away(dot, place) * zoom < radius;
    const isKnot = count >= FEW && zoom >= LARGER; // the lens has the digit's picture, otherwise the map
    this.face.classList.toggle("pictured", !isKnot);
    if (!isKnot) web(alike, place, itself, onMap);
    else {
      const crosses = (spot) => written.filter(([, name]) => {
        const along = Math.min(1, Math.max(0, ((name[0] - place[0]) * (spot[0] - place[0]) + (name[1] - place[1]) * (spot[1] - place[1])) / away(spot, place) ** 2));
        return away(name, place.map((part, axis) => part + along * (spot[axis] - part))) < WRITTEN && away(name, place) > WRITTEN;
      }).length;
      const cost = (spot) => 20 * dots.filter((dot) => away(dot, spot) < radius + 2 * DOT).length + away(place, spot) + CROSSED * crosses(spot);
      const steps = (length) => range(13).map((step) => radius + 2 + (step / 12) * (length - 2 * radius - 4));
      const spots = steps(width).flatMap((right) => steps(height).map((down) => [right, down]));
      const middle = spots.map((spot) => [cost(spot), spot]).sort(([one], [other]) => one - other)[0][1];
      const at = (dot) => dot.map((part, axis) => middle[axis] + zoom * (part - place[axis]));
      const glass = circle(middle, radius);
      draw(new Path2D(`M${place}L${middle}`), orange, 2);
      web(alike.filter(([index]) => !isInside(dots[index])), place, itself, onMap);
      draw(circle(place, Math.max(radius / zoom, 3 * DOT)), orange, 2);
      screen.save();
      screen.clip(glass);
      Object.assign(screen, { fillStyle: paper }).fill(glass);
      for (const [index, dot] of dots.entries()) {
        if (isInside(dot)) Object.assign(screen, { fillStyle: marker.colorscale[2 * this.labels[0][index]][1] }).fill(circle(at(dot), DOT));
      }
      const within = (dot) => dot.map((part, axis) => middle[axis] + (part - middle[axis]) * Math.min(1, (radius - 0.72 * side) / away(dot, middle)));
      web(alike.filter(([index]) => isInside(dots[index])), middle, at, within);
      screen.restore();
      draw(glass, orange, 2);
      boxes.push([0, 1, 2, 3].map((edge) => middle[edge % 2] + (edge < 2 ? -radius : radius)));
    }
    Object.assign(screen, { font: `bold ${WRITTEN}px ${family}`, textAlign: "center", textBaseline: "middle", lineJoin: "round", lineWidth: 4, strokeStyle: paper, fillStyle: color });
    for (const [name, spot] of written) {
      const at = aside(spot, WRITTEN / 2, boxes);
      boxes.push([at[0] - WRITTEN / 3, at[1] - WRITTEN / 3, at[0] + WRITTEN / 3, at[1] + WRITTEN / 3]);
      for (const write of ["strokeText", "fillText"]) screen[write](name, ...at);
    }
  }

  remove() {
    for (const each of [...this.said, this.face, this.canvas, this.row]) each.remove();
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
    const { _fullLayout: layout, calcdata } = this.div;
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
      said.style.setProperty("--share", said.share);
    });
    this.said.forEach((said, panel) => {
      const axes = ["x", "y"].map((axis) => layout[`${axis}axis${panel ? panel + 1 : ""}`]);
      if (!axes.every(Boolean)) return; // another figure has just been drawn, and comes with other titles
      const [across, up] = axes.map(({ _inputDomain: whole, domain }) => whole ?? domain); // equal scales need less of it
      said.classList.toggle("shared", hasShare);
      const words = hasShare && fill(this.info.words, { first: digits[0], second: digits[1], share: said.dataset.share });
      said.textContent = [this.info.titles[panel][this.live.player?.at ?? 0], words].filter(Boolean).join(window.innerWidth < 640 ? "\n" : " · ");
      if (hasShare && this.info.mark) element("small", "", said, this.info.mark);
      const width = (across[1] - across[0]) * layout.width;
      Object.assign(said.style, { left: `${across[0] * layout.width}px`, top: `${(1 - up[1]) * layout.height}px`, width: `${width}px` });
    });
    const answer = document.querySelector(".digitviz-least");
    if (answer) answer.textContent = digits.length === PAIR ? answerTo(digits, answer.dataset.maps) : "";
    if (!isNew || digits.length < PAIR || !(answer ? answer.textContent : this.info.mark)) return;
    isNew = false;
    speak(answer ? answer.textContent : this.said.map(({ firstChild }) => firstChild.data).join(". "));
  }
}
