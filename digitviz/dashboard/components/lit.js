// Maps with `meta.lit` show the digits whose buttons are pressed, pale the others below them, and say how much two of them
// mix. Each panel of such a figure has a trace of points and one of written digits.

import { element, fill, tell } from "./elements.js";
import { percent } from "./numbers.js";
import { channels } from "./paint.js";
import { speak } from "./speak.js";

const PALE = 0.2; // share of the colour of other points. They are opaque, because see-through points would add up to full colour.
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

export class Lit {
  constructor(live) {
    const { div, frame } = live;
    Object.assign(this, { live, div, frame, said: [] });
    for (const event of ["plotly_afterplot", "plotly_animated"]) div.on(event, () => this.say());
  }

  // Call this after drawing the figure.
  update(info, look) {
    for (const each of this.said) each.remove();
    Object.assign(this, { info, look });
    this.said = (info?.titles ?? []).map(() => element("div", "digitviz-mixed", this.frame));
    this.labels = this.said.map((_, panel) => Array.from(this.div._fullData[2 * panel].customdata, ([, label]) => label));
    const whole = (part, name) => (part[`all_${name}`] ??= part[name]); // a figure that is drawn again has that of the last pair
    this.texts = this.said.map((_, panel) => whole(this.div.data[2 * panel + 1], "text"));
    this.scales = this.said.map((_, panel) => whole(this.div.data[2 * panel].marker, "colorscale"));
    this.show();
  }

  show() {
    if (!this.info) return;
    const digits = pressed();
    const paper = channels(this.look.background);
    const pale = (colour) => `rgb(${channels(colour).map((part, at) => Math.round(PALE * part + (1 - PALE) * paper[at]))})`;
    // An entry for each trace; Plotly leaves what is undefined. It would never write again where a text was empty.
    const scales = this.scales.flatMap((scale) => [scale.map(([at, colour], stop) => [at, isLit(stop >> 1, digits) ? colour : pale(colour)]), undefined]);
    const text = this.texts.flatMap((texts) => [undefined, texts.map((word) => (isLit(Number(word.match(/\d/)), digits) ? word : " "))]);
    window.Plotly.restyle(this.div, { "marker.colorscale": scales, text }, Array.from(text.keys()));
  }

  say() {
    const { _fullLayout: layout, calcdata, clientWidth, clientHeight } = this.div;
    const digits = pressed();
    const [first, second] = digits;
    const traces = this.div.querySelectorAll(".scatterlayer > .trace");
    this.said.forEach((said, panel) => {
      for (const dot of traces[2 * panel]?.querySelectorAll(".point") ?? []) if (isLit(this.labels[panel][dot.__data__.i], digits)) dot.parentElement.append(dot);
      const share = () => percent(mixed(calcdata[2 * panel], this.labels[panel], digits), 0);
      const words = this.info.words && digits.length === PAIR ? fill(this.info.words, { first, second, share: share() }) : "";
      said.textContent = [this.info.titles[panel][this.live.player?.at ?? 0], words].filter(Boolean).join(" · ");
      if (words && this.info.means) element("small", "", said, this.info.means);
      const axes = ["x", "y"].map((axis) => layout[`${axis}axis${panel ? panel + 1 : ""}`]);
      const [across, up] = axes.map(({ _inputDomain: whole, domain }) => whole ?? domain); // equal scales need less of it
      Object.assign(said.style, { left: `${across[0] * clientWidth}px`, top: `${(1 - up[1]) * clientHeight}px` });
    });
    if (!isNew || !this.info?.means || digits.length < PAIR) return;
    isNew = false;
    speak(this.said.map(({ firstChild }) => firstChild.data).join(". "));
  }
}
