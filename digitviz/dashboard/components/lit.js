// Maps with `meta.lit` show the digits whose buttons are pressed, fade the others below them, and say how much two of them
// mix. Each panel of such a figure has a trace of points and one of written digits. A map in which two digits are a small pile shows only that.
// All maps of the gallery show the digit that was last under the pointer, in its place.

import { bytesAt, element, fill, tell } from "./elements.js";
import { Painted } from "./faces.js";
import { percent } from "./numbers.js";
import { channels } from "./paint.js";
import { speak } from "./speak.js";
import { seen } from "./spots.js";

const PALE = [0.28, 0.42]; // share of the colour of other points on white and on dark paper. They are opaque, because see-through points would add up to full colour.
const PAIR = 2;
const [PILE, BEYOND, FREE] = [2.8, 0.02, 0.12]; // a map is at least so many times longer than a pile; part of its digits beyond each end; its margin
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

// Return how many of the points of two labels have one with the other label as the nearest of both, 0 to 1.
export function mixed(places, labels, pair) {
  const points = places.map(({ x, y }, at) => ({ x, y, label: labels[at] })).filter(({ label }) => pair.includes(label));
  const far = (one, other) => (one === other ? Infinity : (one.x - other.x) ** 2 + (one.y - other.y) ** 2);
  const nearest = (one) => points.reduce((best, other) => (far(one, other) < far(one, best) ? other : best), one);
  return points.filter((one) => nearest(one).label !== one.label).length / points.length;
}

// Return what changes in the traces for the pressed digits. Traces without a change have undefined, as Plotly expects. A figure that
// is drawn again has what the last pair left.
function changes(data, info, look) {
  const [digits, paper] = [pressed(), channels(look.background)];
  const share = PALE[Number(paper[0] < 128)];
  const pale = (colour) => `rgb(${channels(colour).map((part, at) => Math.round(share * part + (1 - share) * paper[at]))})`;
  const shade = ([at, colour], stop) => [at, isLit(stop >> 1, digits) ? colour : pale(colour)];
  const written = (word) => (isLit(Number(word.match(/\d/)), digits) ? word : " "); // Plotly never writes where a text was empty
  const scales = info.titles.flatMap((_, panel) => [kept(data[2 * panel].marker, "colorscale").map(shade), undefined]);
  return { "marker.colorscale": scales, text: info.titles.flatMap((_, panel) => [undefined, kept(data[2 * panel + 1], "text").map(written)]) };
}

const kept = (part, name) => (part[`all_${name}`] ??= part[name]);

export class Lit {
  constructor(live) {
    const { div, frame } = live;
    Object.assign(this, { live, div, frame, said: [], face: Object.assign(element("div", "digitviz-found", frame), { hidden: true }) });
    div.addEventListener("click", ({ target, clientX, clientY }) => this.info?.found && live.pointAt({ target, clientX, clientY }, "xy")); // a finger does not hover
  }

  // Before the figure is drawn, so that it is drawn once.
  prepare(data, info, look) {
    const { "marker.colorscale": scales, text } = changes(data, info, look);
    text.forEach((words, place) => (words ? (data[place].text = words) : (data[place].marker.colorscale = scales[place])));
  }

  drawn(info, look) {
    this.remove();
    this.frame.append(this.face);
    Object.assign(this, { info, look });
    this.said = info.titles.map(() => element("div", `digitviz-mixed ${info.done ? "done" : ""}`, this.frame));
    this.labels = this.said.map((_, panel) => Array.from(this.div._fullData[2 * panel].customdata, ([, label]) => label));
    this.face.hidden = true;
    if (info.found) this.paint(...info.found);
    this.pile() && document.querySelector(".digitviz-legend") && !this.times ? this.redraw() : this.show();
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
    this.face.replaceChildren(this.painted.of(found));
    Object.assign(this.face.style, { left: `${place[0]}px`, top: `${place[1]}px` });
  }

  remove() {
    for (const each of [...this.said, this.face]) each.remove();
    clearTimeout(this.waiting);
  }

  show() {
    if (!this.info || !this.div.isConnected) return;
    if (!document.querySelector(".digitviz-legend")) return void (this.waiting = setTimeout(() => this.show(), 200)); // it may come later than a map
    const change = changes(this.div.data, this.info, this.look);
    window.Plotly.update(this.div, ...this.pile(change), Array.from(change.text.keys()));
  }

  // Add to the changes the ranges that show a pile larger, if the map may, and the digits in their middles. Note how many times.
  pile(change) {
    this.times = 0;
    if (!this.info.larger) return [change, {}];
    const { data: [, written], layout, _fullData: [points] } = this.div;
    const [names, digits] = [["x", "y"], pressed()];
    const quantiles = (labels, ...parts) => names.map((axis) => {
      const values = Float64Array.from(points[axis]).filter((_, at) => isLit(this.labels[0][at], labels)).sort();
      return parts.map((part) => values[Math.round(part * (values.length - 1))]);
    });
    const ends = quantiles(digits, BEYOND, 1 - BEYOND);
    const [size, whole] = [ends, quantiles([], 0, 1)].map((ranges, at) => (at || 1 + 2 * FREE) * Math.max(...ranges.map(([low, high]) => high - low)));
    if (digits.length === PAIR && whole > PILE * size) this.times = Math.round(whole / size);
    const middles = kept(written, "text").map((word) => quantiles([Number(word.match(/\d/))], 0.5));
    const usual = names.map((axis) => [kept(written, axis), kept(layout[`${axis}axis`], "range")]); // kept before they change
    const [x, y] = usual.map(([all], at) => [undefined, this.times ? middles.map((place) => place[at][0]) : all]);
    const ranges = usual.map(([, all], at) => [`${names[at]}axis.range`, this.times ? [-size, size].map((way) => (ends[at][0] + ends[at][1] + way) / 2) : [...all]]);
    return [{ ...change, x, y }, Object.fromEntries(ranges)];
  }

  redraw() {
    this.mark();
    const { _fullLayout: layout, calcdata, clientWidth, clientHeight } = this.div;
    const [digits, traces] = [pressed(), this.div.querySelectorAll(".scatterlayer > .trace")];
    this.said.forEach((said, panel) => {
      for (const dot of traces[2 * panel]?.querySelectorAll(".point") ?? []) if (isLit(this.labels[panel][dot.__data__.i], digits)) dot.parentElement.append(dot);
      const places = calcdata[2 * panel] ?? []; // none while the map is computed again
      const key = `${digits} ${places.reduce((sum, { x, y }, at) => sum + x * at + y, 0)}`; // a still map is the same in all frames
      const hasShare = this.info.words && digits.length === PAIR;
      if (hasShare && said.dataset.of !== key) Object.assign(said.dataset, { of: key, share: percent(mixed(places, this.labels[panel], digits), 0) });
      const words = hasShare && fill(this.info.words, { first: digits[0], second: digits[1], share: said.dataset.share });
      said.textContent = [this.info.titles[panel][this.live.player?.at ?? 0], words].filter(Boolean).join(" · ");
      const below = this.times ? fill(this.info.larger, { times: this.times }) : words && panel === this.said.length - 1 && this.info.means;
      if (below) element("small", "", said, below);
      const axes = ["x", "y"].map((axis) => layout[`${axis}axis${panel ? panel + 1 : ""}`]);
      if (!axes.every(Boolean)) return; // another figure has just been drawn, and comes with other titles
      const [across, up] = axes.map(({ _inputDomain: whole, domain }) => whole ?? domain); // equal scales need less of it
      Object.assign(said.style, { left: `${across[0] * clientWidth}px`, top: `${(1 - up[1]) * clientHeight}px` });
    });
    const shares = [...document.querySelectorAll("[data-share]")];
    // Not before the whole gallery is drawn, whose last maps may mix less.
    const waits = document.querySelectorAll("[class*=st-key-panel_], .st-key-gallery_maps:not(:has(.st-key-gallery_progress))").length > document.querySelectorAll(".digitviz-mixed.done").length;
    const least = Math.min(...shares.map(({ dataset }) => parseFloat(dataset.share)));
    for (const said of shares) said.classList.toggle("least", !waits && parseFloat(said.dataset.share) === least);
    if (!isNew || this.info.means === undefined || digits.length < PAIR) return;
    isNew = false;
    speak(this.said.map(({ firstChild }) => firstChild.data).join(". "));
  }
}
