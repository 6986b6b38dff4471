// A movable point in the plane through three digits. For each position, compute the picture and the network's prediction,
// like `BorderPlane.pixels_at` and `Network.predict_proba`, without requests to the server.

import { ARROWS, element, fill, SIDE } from "./elements.js";
import { DIGITS, forward, largest, networkFrom, softmax, unpacked } from "./network.js";
import { percent, short, sureness } from "./numbers.js";

const STEPS = 60; // arrow key presses from one side of the plane to the other
const FAR = 5; // factor with Shift
const CLICK = { touch: 12 }; // limit in pixels between press and release of a click. For other pointers:
const MOUSE = 4;
const START = 0.35; // part of the way along an edge: its middle is often at a border, which the point would hide
const WITHIN = 1e-9; // as in explanations/geometry.py
const CORNERS = ["a", "b", "c"];
const MOST_HELD = 50;
const held = new Map(); // last positions by plane, for when the page opens again

const between = (value, [low, high]) => Math.min(Math.max(value, low), high);

const cells = (parent) => Array.from({ length: SIDE * SIDE }, () => element("span", "", parent));

export default class PlanePoint {
  constructor(parent, { signal }) {
    this.root = element("div", "digitviz-plane-reading", parent);
    this.answer = element("div", "answer", this.root);
    const told = element("div", "told", this.root);
    this.image = element("div", "image digitviz-plane-image", told);
    this.bars = element("div", "bars", told);
    this.image.role = this.bars.role = "img";
    this.rows = Array.from({ length: DIGITS }, (_, digit) => {
      const name = element("span", "", this.bars, digit);
      const bar = element("i", "", element("span", "bar", this.bars));
      return { name, bar, share: element("span", "share", this.bars) };
    });
    this.mixture = element("div", "notes", this.root);
    this.makeMarker();
    this.pictures = [cells(this.image), cells(this.marker)];
    this.onPress = (event) => this.press(event);
    this.onDrawn = () => this.put();
    document.addEventListener("pointerup", (event) => this.release(event), { capture: true, signal });
  }

  makeMarker() {
    this.marker = document.createElement("div");
    Object.assign(this.marker, { className: "digitviz-plane-point digitviz-plane-image", tabIndex: 0, role: "slider" });
    this.marker.addEventListener("keydown", (event) => this.key(event));
    this.marker.addEventListener("pointerdown", (event) => this.grasp(event));
    this.marker.addEventListener("pointermove", (event) => this.drag(event));
    for (const kind of ["pointerup", "pointercancel"]) this.marker.addEventListener(kind, () => (this.grasped = null));
  }

  dressAgain() {
    this.attach();
  }

  rerun(data) {
    const { head, take } = unpacked(data);
    this.network = networkFrom(head, take, Float32Array);
    this.head = head;
    const { said, corners, colours } = head;
    this.middle = [0, 1].map((axis) => corners.reduce((sum, corner) => sum + corner[axis], 0) / corners.length);
    this.rows.forEach(({ bar }, digit) => (bar.style.background = colours[digit]));
    this.image.ariaLabel = said.image;
    Object.assign(this.marker, { ariaLabel: said.name, ariaDescription: said.keys, title: said.keys });
    if (!held.size) this.marker.dataset.hint = said.hint;
    [this.marker.ariaValueMin, this.marker.ariaValueMax] = head.x.map((end) => end.toFixed(2));
    const [[x, y], , [across, up]] = corners;
    this.go(...(held.get(head.plane) ?? [x + START * (across - x), y + START * (up - y)]));
    this.attach();
  }

  // Wait for the picture, which draws itself in turn.
  attach() {
    cancelAnimationFrame(this.looking);
    const div = document.querySelector(`.st-key-${this.head.picture} .digitviz-plot`);
    const plot = div?.digitvizPlot;
    if (plot && plot === this.plot && this.marker.isConnected) return this.put();
    if (!plot?.frames) {
      this.looking = requestAnimationFrame(() => this.attach());
      return;
    }
    this.detach();
    this.plot = plot;
    plot.frame.append(this.marker);
    plot.div.addEventListener("pointerdown", this.onPress, true);
    plot.div.on("plotly_afterplot", this.onDrawn);
    this.put();
  }

  detach() {
    this.plot?.div.removeEventListener("pointerdown", this.onPress, true);
    this.plot?.div.removeListener?.("plotly_afterplot", this.onDrawn);
    this.marker.remove();
    this.plot = null;
  }

  get axes() {
    const layout = this.plot?.div._fullLayout;
    return layout?.xaxis && [layout.xaxis, layout.yaxis];
  }

  // Position of a pointer in the plane's coordinates.
  placeOf({ clientX, clientY }) {
    const box = this.plot.div.getBoundingClientRect();
    const [across, up] = this.axes;
    return [across.p2c(clientX - box.left - across._offset), up.p2c(clientY - box.top - up._offset)];
  }

  grasp(event) {
    if (event.button || !event.isPrimary || !this.axes) return;
    event.preventDefault(); // prevents selection and scrolling
    this.marker.focus({ preventScroll: true, focusVisible: false });
    this.marker.setPointerCapture(event.pointerId);
    delete this.marker.dataset.hint;
    const place = this.placeOf(event);
    this.grasped = [this.x - place[0], this.y - place[1]];
  }

  drag(event) {
    if (!this.grasped) return;
    const place = this.placeOf(event);
    this.go(place[0] + this.grasped[0], place[1] + this.grasped[1]);
  }

  // A click in the plane moves the point there. A drag belongs to the picture.
  press(event) {
    const isClick = event.isPrimary && !event.button && event.target.classList.contains("nsewdrag");
    this.pressed = isClick ? event : null;
  }

  release(event) {
    const { pressed } = this;
    if (!pressed || !event.isPrimary) return;
    this.pressed = null;
    const far = Math.hypot(event.clientX - pressed.clientX, event.clientY - pressed.clientY);
    if (this.axes && far < (CLICK[event.pointerType] ?? MOUSE)) this.go(...this.placeOf(event));
  }

  key(event) {
    if (event.altKey || event.ctrlKey || event.metaKey) return;
    const { x, corners } = this.head;
    const move = ARROWS[event.key];
    const corner = CORNERS.indexOf(event.key.toLowerCase());
    if (move) {
      const step = ((x[1] - x[0]) / STEPS) * (event.shiftKey ? FAR : 1);
      this.go(this.x + move[0] * step, this.y - move[1] * step);
    } else if (event.key === "Home") this.go(...this.middle);
    else if (corner >= 0) this.go(...corners[corner]);
    else return;
    event.preventDefault();
    event.stopPropagation(); // the steps of the page use the arrows, and Streamlit uses C
  }

  // Compute at most one picture per frame of the screen, for the latest position.
  go(x, y) {
    this.x = between(x, this.head.x);
    this.y = between(y, this.head.y);
    held.delete(this.head.plane);
    held.set(this.head.plane, [this.x, this.y]);
    if (held.size > MOST_HELD) held.delete(held.keys().next().value);
    this.due ??= requestAnimationFrame(() => {
      this.due = null;
      this.read();
      this.tell();
      this.put();
    });
  }

  put() {
    if (!this.axes) return;
    const places = this.axes.map((axis, at) => [axis, axis.c2p([this.x, this.y][at])]);
    const inView = places.every(([axis, at]) => at >= -1 && at <= axis._length + 1);
    const [left, top] = places.map(([axis, at]) => axis._offset + between(at, [0, axis._length]));
    this.marker.classList.toggle("outside", !inView);
    Object.assign(this.marker.style, { left: `${left}px`, top: `${top}px` });
  }

  read() {
    const { origin, basis: [across, up] } = this.head;
    this.pixels = Float64Array.from(origin, (start, place) => start + this.x * across[place] + this.y * up[place]);
    this.probabilities = softmax(forward(this.network, this.pixels, 1).logits);
    this.label = largest(this.probabilities);
    this.shares = this.sharesOf(this.x, this.y);
  }

  // Shares of the corners at a point, like `BorderPlane.shares_at`. A is the origin, and B lies on the first axis.
  sharesOf(x, y) {
    const [, [length], [along, height]] = this.head.corners;
    const third = y / height;
    const second = (x - third * along) / length;
    return [1 - second - third, second, third];
  }

  tell() {
    const { said, most, parts } = this.head;
    const { pixels, probabilities, label } = this;
    const share = sureness(probabilities[label]);
    const hasAnswer = Number.isFinite(probabilities[label]);
    const [a, b, c] = this.shares.map((part) => percent(part, 0));
    const [low, high] = [Math.min(...pixels), Math.max(...pixels)];
    const isPicture = low > -WITHIN && high < most + WITHIN;
    this.answer.textContent = hasAnswer ? fill(said.answer, { answer: label, share }) : said.no_answer;
    const shares = [a, b, c].map((part, at) => fill(parts[at], { share: part })).filter((_, at) => Math.abs(this.shares[at]) >= 0.005);
    const notes = [shares.join(" · ")];
    if (!isPicture) notes.push(fill(said.outside, { low: short(low, 2), high: short(high, 2) }));
    this.mixture.replaceChildren(...notes.flatMap((note, at) => (at ? [document.createElement("br"), note] : [note])));
    for (const picture of this.pictures) {
      picture.forEach((cell, at) => cell.style.setProperty("--ink", `${100 * between(pixels[at] / most, [0, 1])}%`));
    }
    this.rows.forEach(({ name, bar, share: told }, digit) => {
      const probability = hasAnswer ? probabilities[digit] : 0;
      const isFirst = hasAnswer && digit === label;
      bar.style.width = `${100 * probability}%`;
      bar.style.opacity = isFirst ? 1 : 0.6;
      told.textContent = probability >= 0.005 ? sureness(probability) : "";
      for (const part of [name, told]) part.classList.toggle("first", isFirst);
    });
    const words = hasAnswer ? fill(said.spoken, { answer: label, share, a, b, c }) : said.no_answer;
    this.bars.ariaLabel = `${said.bars}: ${words}`;
    this.marker.ariaValueNow = this.x.toFixed(2);
    this.marker.ariaValueText = isPicture ? words : `${words}. ${notes[1]}`;
    this.root.dataset.read = `${this.x} ${this.y}`;
  }

  remove() {
    cancelAnimationFrame(this.looking);
    cancelAnimationFrame(this.due);
    this.detach();
  }
}
