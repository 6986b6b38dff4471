// Maps with `meta.lit` show the digits whose buttons are pressed, pale the others below them, and say how much two of them
// mix. Each panel of such a figure has a trace of points and one of written digits. A map in which two digits are a small pile
// shows only that.

import { element, fill, tell } from "./elements.js";
import { percent } from "./numbers.js";
import { channels } from "./paint.js";
import { speak } from "./speak.js";

const PALE = 0.28; // share of the colour of other points, unless a figure says so. They are opaque, because see-through points would add up to full colour.
const PAIR = 2;
let isNew = false; // a pair that no picture has said yet

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

// Return what changes in the traces and the layout for the pressed digits, and their pile. Traces without a change have undefined, as
// Plotly expects. A figure that is drawn again has what the last pair left.
function changes(data, layout, info, look) {
  const [digits, paper, share] = [pressed(), channels(look.background), info.pale ?? PALE];
  const whole = (part, name, instead) => {
    part[`all_${name}`] ??= part[name];
    return instead ?? part[`all_${name}`];
  };
  const pale = (colour) => `rgb(${channels(colour).map((part, at) => Math.round(share * part + (1 - share) * paper[at]))})`;
  const shade = ([at, colour], stop) => [at, isLit(stop >> 1, digits) ? colour : pale(colour)];
  const written = (word) => (isLit(Number(word.match(/\d/)), digits) ? word : " "); // Plotly never writes where a text was empty
  const scales = info.titles.flatMap((_, panel) => [whole(data[2 * panel].marker, "colorscale").map(shade), undefined]);
  const text = info.titles.flatMap((_, panel) => [undefined, whole(data[2 * panel + 1], "text").map(written)]);
  if (!info.piles) return [{ "marker.colorscale": scales, text }, {}, undefined];
  const pile = info.piles[digits.join("")];
  const [x, y] = ["x", "y"].map((axis, at) => [undefined, whole(data[1], axis, pile && info.centres[at])]);
  const ranges = ["x", "y"].map((axis, at) => [`${axis}axis.range`, [...whole(layout[`${axis}axis`], "range", pile?.ranges[at])]]);
  return [{ "marker.colorscale": scales, text, x, y }, Object.fromEntries(ranges), pile];
}

// Put values into a figure as Plotly does, whose names have dots.
function put(part, names, value) {
  const path = names.split(".");
  path.slice(0, -1).reduce((inside, name) => inside[name], part)[path.at(-1)] = value;
}

export class Lit {
  constructor(live) {
    const { div, frame } = live;
    Object.assign(this, { live, div, frame, said: [] });
    for (const event of ["plotly_afterplot", "plotly_animated"]) div.on(event, () => this.say());
  }

  // Call this before drawing the figure, so that it is drawn once.
  static prepare(data, layout, info, look) {
    const [ofTraces, ofLayout] = changes(data, layout, info, look);
    for (const [name, values] of Object.entries(ofTraces)) values.forEach((value, place) => value && put(data[place], name, value));
    for (const [name, value] of Object.entries(ofLayout)) put(layout, name, value);
  }

  // Call this after drawing the figure.
  update(info, look) {
    for (const each of this.said) each.remove();
    clearTimeout(this.waiting);
    Object.assign(this, { info, look, pile: info?.piles?.[pressed().join("")] });
    this.said = (info?.titles ?? []).map(() => element("div", `digitviz-mixed ${info.done ? "done" : ""}`, this.frame));
    this.labels = this.said.map((_, panel) => Array.from(this.div._fullData[2 * panel].customdata, ([, label]) => label));
    document.querySelector(".digitviz-legend") ? this.say() : this.show();
  }

  show() {
    if (!this.info || !this.div.isConnected) return;
    if (!document.querySelector(".digitviz-legend")) return void (this.waiting = setTimeout(() => this.show(), 200)); // it may come later than a map
    const [ofTraces, ofLayout, pile] = changes(this.div.data, this.div.layout, this.info, this.look);
    this.pile = pile;
    window.Plotly.update(this.div, ofTraces, ofLayout, Array.from(ofTraces.text.keys()));
  }

  say() {
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
      const below = this.pile?.words ?? (words && panel === this.said.length - 1 && this.info.means);
      if (below) element("small", "", said, below);
      const axes = ["x", "y"].map((axis) => layout[`${axis}axis${panel ? panel + 1 : ""}`]);
      const [across, up] = axes.map(({ _inputDomain: whole, domain }) => whole ?? domain); // equal scales need less of it
      Object.assign(said.style, { left: `${across[0] * clientWidth}px`, top: `${(1 - up[1]) * clientHeight}px` });
    });
    this.frame.classList.toggle("digitviz-pile", Boolean(this.pile));
    const shares = [...document.querySelectorAll("[data-share]")];
    // Not before the whole gallery is drawn, whose last maps may mix less.
    const waits = document.querySelectorAll("[class*=st-key-panel_], .st-key-gallery_maps:not(:has(.st-key-gallery_progress))").length > document.querySelectorAll(".digitviz-mixed.done").length;
    const least = Math.min(...shares.map(({ dataset }) => parseFloat(dataset.share)));
    for (const said of shares) said.classList.toggle("least", !waits && parseFloat(said.dataset.share) === least);
    if (!isNew || this.info?.means === undefined || digits.length < PAIR) return;
    isNew = false;
    speak(this.said.map(({ firstChild }) => firstChild.data).join(". "));
  }
}
