// A movable point in the plane through three digits. For each position, compute the picture and the network's prediction,
// like `BorderPlane.pixels_at` and `Network.predict_proba`, without requests to the server.

import { ARROWS, between, built, element, html, put, SIDE } from "./elements.js";
import { forward, largest, networkFrom, softmax, unpacked } from "./network.js";
import { percent, short, sureness } from "./numbers.js";
import { _ } from "./words.js";

const STEPS = 60; // arrow key presses from one side of the plane to the other
const FAR = 5; // factor with Shift
const START = 0.35; // part of the way along an edge: its middle is often at a border, which the point would hide
const WITHIN = 1e-9; // as in explanations/geometry.py
const CORNERS = ["a", "b", "c"];
const held = new Map(); // last positions by plane, for when the page opens again
const reached = new Set(); // planes in whose middle the point has been

const cells = (parent) => Array.from({ length: SIDE * SIDE }, () => element("span", "", parent));

const MARKUP = html`
  <div class="image digitviz-plane-image" role="img"></div>
  <div class="answer"></div>
  <div class="bars" role="img"></div>
  <div class="notes"></div>
  <details><summary class="all"></summary><div class="ten"></div></details>`;

export default class PlanePoint {
  constructor(parent, { signal }) {
    Object.assign(this, built(parent, "digitviz-plane-reading", MARKUP));
    this.makeMarker();
    this.pictures = [cells(this.image), cells(this.marker)];
    window.addEventListener("digitviz:drawn", () => this.attach(), { signal }); // the picture, which draws itself in turn
  }

  makeMarker() {
    this.goal = document.createElement("div");
    Object.assign(this.goal, { className: "digitviz-plane-goal", textContent: "?", ariaHidden: true });
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
    const { corners } = head;
    this.middle = [0, 1].map((axis) => corners.reduce((sum, corner) => sum + corner[axis], 0) / corners.length);
    this.all.textContent = _("All ten digits");
    this.image.ariaLabel = _("The picture at this point, 8 × 8");
    const keys = _("Arrow keys move the point; hold Shift to move it five times as far. A, B and C jump to the corners, Home to the middle.");
    Object.assign(this.marker, { ariaLabel: _("Point in the plane"), ariaDescription: keys, title: keys });
    if (!held.size) this.marker.dataset.hint = _("drag");
    [this.marker.ariaValueMin, this.marker.ariaValueMax] = head.x.map((end) => end.toFixed(2));
    const [[x, y], , [across, up]] = corners;
    this.go(...(held.get(head.plane) ?? [x + START * (across - x), y + START * (up - y)]));
    this.attach();
  }

  attach() {
    const plot = document.querySelector(`.st-key-${this.head?.picture} .digitviz-plot`)?.digitvizPlot;
    if (!plot?.frames) return;
    if (plot !== this.plot || !this.marker.isConnected) {
      this.detach();
      this.plot = plot;
      plot.frame.append(this.goal, this.marker);
      plot.guest = this;
    }
    this.redraw();
  }

  detach() {
    if (this.plot) this.plot.guest = null;
    this.marker.remove();
    this.goal.remove();
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
    this.x = between(x, ...this.head.x);
    this.y = between(y, ...this.head.y);
    held.set(this.head.plane, [this.x, this.y]);
    this.due ??= requestAnimationFrame(() => {
      this.due = null;
      this.read();
      this.tell();
      this.redraw();
    });
  }

  redraw() {
    if (!this.axes) return;
    this.plot.frame.classList.toggle("digitviz-beyond", Math.min(...this.sharesOf(this.x, this.y)) < -WITHIN);
    const places = this.axes.map((axis, at) => [axis, axis.c2p([this.x, this.y][at])]);
    const inView = places.every(([axis, at]) => at >= -1 && at <= axis._length + 1);
    const [left, top] = places.map(([axis, at]) => axis._offset + between(at, 0, axis._length));
    this.marker.classList.toggle("outside", !inView);
    Object.assign(this.marker.style, { left: `${left}px`, top: `${top}px` });
    const at = (place) => this.axes.map((axis, along) => axis._offset + axis.c2p(place[along]));
    const [middle, a, b, c] = [this.middle, ...this.head.corners].map(at);
    const edges = [[a, b], [b, c], [c, a]].map(([from, to]) => Math.hypot(from[0] - to[0], from[1] - to[1]));
    const area = Math.abs((b[0] - a[0]) * (c[1] - a[1]) - (c[0] - a[0]) * (b[1] - a[1]));
    const side = (0.85 * area) / (edges[0] + edges[1] + edges[2]); // less than the radius of the inscribed circle
    Object.assign(this.goal.style, { left: `${middle[0]}px`, top: `${middle[1]}px`, width: `${side}px`, fontSize: `${side / 1.6}px` });
    if (Math.hypot(left - middle[0], top - middle[1]) < side / 2.5) reached.add(this.head.plane);
    this.goal.classList.toggle("reached", reached.has(this.head.plane));
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
    const { most, labels, colours } = this.head;
    const { pixels, probabilities, label } = this;
    const share = sureness(probabilities[label]);
    const hasAnswer = Number.isFinite(probabilities[label]);
    const [a, b, c] = this.shares.map((part) => percent(part, 0));
    const [low, high] = [Math.min(...pixels), Math.max(...pixels)];
    const isPicture = low > -WITHIN && high < most + WITHIN;
    const none = _("The numbers overflow here, so the network has no answer.");
    this.answer.textContent = hasAnswer ? `${_("It says")} ` : none;
    if (hasAnswer) element("b", "", this.answer).textContent = label;
    const partOf = (share, digit, corner) => (digit === null ? _("{share} of {corner}", { share, corner }) : _("{share} of the {digit}", { share, digit }));
    const shares = [a, b, c].map((part, at) => partOf(part, labels[at], "ABC"[at])).filter((part, at) => Math.abs(this.shares[at]) >= 0.005);
    const notes = [_("Mix: {parts}", { parts: shares.join(" + ") })];
    if (!isPicture) notes.push(_("Not a valid picture: its ink ranges from {low} to {high}.", { low: short(low, 2), high: short(high, 2) }));
    this.notes.replaceChildren(...notes.flatMap((note, at) => (at ? [document.createElement("br"), note] : [note])));
    for (const picture of this.pictures) {
      picture.forEach((cell, at) => cell.style.setProperty("--ink", `${100 * between(pixels[at] / most, 0, 1)}%`));
    }
    const order = colours.map((_colour, digit) => digit).sort((one, other) => probabilities[other] - probabilities[one]);
    const rows = (digits) => html`${digits.map((digit) => {
      const [probability, isFirst] = hasAnswer ? [probabilities[digit], digit === label] : [0, false];
      const look = `width: ${100 * probability}%; opacity: ${isFirst ? 1 : 0.6}; background: ${colours[digit]}`;
      const [kind, told] = [isFirst ? "first" : "", probability >= 0.005 ? sureness(probability) : ""];
      return html`<span class="name ${kind}">${digit}</span><span class="bar"><i style="${look}"></i></span><span class="share ${kind}">${told}</span>`;
    })}`;
    put(this.bars, rows(order.slice(0, 2)));
    put(this.ten, rows([...colours.keys()]));
    const words = hasAnswer ? _("read as {answer}, {share} sure; {a} of A, {b} of B, {c} of C", { answer: label, share, a, b, c }) : none;
    this.bars.ariaLabel = `${_("Probabilities of the ten digits")}: ${words}`;
    this.marker.ariaValueNow = this.x.toFixed(2);
    this.marker.ariaValueText = isPicture ? words : `${words}. ${notes[1]}`;
    this.div.dataset.read = `${this.x} ${this.y}`;
  }

  remove() {
    cancelAnimationFrame(this.due);
    this.detach();
  }
}
