// A pad for drawing a digit with mouse, finger, pen or keyboard. It sends the ink as one bit per pixel: when a stroke ends, and
// while the pen is down if the page does not read the ink itself (reader.js). On the start page, only a button sends it.

import { ARROWS, built, html, tell } from "./elements.js";
import { speak } from "./speak.js";
import { _ } from "./words.js";

const SIZE = 280; // side in pixels, independent of the size on the screen
const SEND_EVERY = 66; // milliseconds between two messages while drawing
const KEY_STEP = 7; // pixels per arrow key
const STEPS = SIZE / KEY_STEP;
const PAUSE = 400; // milliseconds without a key before the place of the pen is said

const MARKUP = html`
  <div class="sheet"><canvas class="canvas" tabindex="0" role="application" data-main-picture></canvas><p class="hint"></p></div>
  <div class="tools">
    <button class="undo"></button><button class="clear"></button><button class="eraser" aria-pressed="false"></button>
    <button class="take" hidden></button>
    <label><span class="nib"></span> <input class="width" type="range" min="8" max="40" value="20"></label>
  </div>`;

export default class Pad {
  constructor(parent) {
    Object.assign(this, built(parent, "digitviz-pad", MARKUP));
    this.scale = Math.max(1, Math.min(3, window.devicePixelRatio || 1));
    this.canvas.width = this.canvas.height = SIZE * this.scale;
    this.screen = this.canvas.getContext("2d");
    this.paper = new OffscreenCanvas(SIZE, SIZE).getContext("2d", { willReadFrequently: true });
    this.entries = []; // strokes, pictures and clearings, oldest first, so that Undo removes the last
    this.pen = { x: SIZE / 2, y: SIZE / 2, down: false };
    this.sent = { bits: "", done: true };
    this.ink = { ink: new Uint8Array(SIZE * SIZE), number: 0 };
    this.listen();
    this.redraw();
  }

  say(take = "") {
    const names = { undo: _("Undo"), clear: _("Clear"), eraser: _("Eraser"), take };
    for (const [name, words] of Object.entries(names)) this[name].textContent = words;
    this.take.hidden = !take;
    this.nib.textContent = _("Pen");
    this.width.ariaLabel = _("Pen width");
    this.canvas.ariaLabel = _(
      "Drawing pad. Draw a digit, as large as you can: the pad is {steps} steps wide and high. With the keyboard, the arrow keys move " +
        "the pen one step, the space bar lowers or lifts it, and Ctrl with Z undoes a stroke.",
      { steps: STEPS },
    );
  }

  listen() {
    const { canvas } = this;
    const at = (event) => {
      const box = canvas.getBoundingClientRect();
      const pressure = event.pointerType === "pen" && event.pressure ? 0.5 + event.pressure : 1;
      return [((event.clientX - box.left) / box.width) * SIZE, ((event.clientY - box.top) / box.height) * SIZE, pressure];
    };
    canvas.addEventListener("pointerdown", (event) => {
      const isBusy = canvas.hasPointerCapture(this.stroke?.pointer ?? -1);
      if (event.button || (isBusy && event.pointerType !== "pen")) return; // the palm or a second finger draws nothing
      if (isBusy) this.entries.pop(); // the palm was there before the pen
      event.preventDefault();
      canvas.focus({ preventScroll: true });
      canvas.setPointerCapture(event.pointerId);
      const erase = this.erasing || event.buttons === 32;
      this.pen.down = false;
      this.begin(at(event), erase);
      this.stroke.pointer = event.pointerId; // none for the keyboard
    });
    canvas.addEventListener("pointermove", (event) => {
      if (event.pointerId !== this.stroke?.pointer) return;
      for (const part of event.getCoalescedEvents?.() ?? [event]) this.extend(at(part));
      this.redrawSoon();
      this.sendSoon();
    });
    for (const end of ["pointerup", "pointercancel", "lostpointercapture"]) {
      canvas.addEventListener(end, ({ pointerId }) => pointerId === this.stroke?.pointer && this.end());
    }
    canvas.addEventListener("keydown", (event) => this.key(event));
    canvas.addEventListener("blur", () => this.pen.down && this.lift());
    this.undo.onclick = () => this.change(() => this.entries.pop(), _("The last change is undone."));
    this.clear.onclick = () => this.change(() => this.entries.push({ kind: "clear" }), _("The pad is empty."));
    this.take.onclick = () => this.send("taken", this.packed());
    this.eraser.onclick = () => (this.eraser.ariaPressed = this.erasing = !this.erasing);
  }

  // Show an example. Anything that the visitor draws replaces it.
  draw(example) {
    this.example = true;
    this.entries.push({ kind: "stroke", points: example, width: 20 });
    this.redraw();
  }

  endExample() {
    if (this.example) this.entries = [];
    this.example = false;
  }

  change(edit, words) {
    this.endExample();
    edit();
    if (words) speak(words);
    this.redraw();
    this.sendInk();
  }

  begin(point, erase) {
    this.endExample();
    const width = Number(this.width.value) * (erase ? 1.5 : 1);
    this.stroke = { kind: "stroke", points: [point], width, erase };
    this.entries.push(this.stroke);
    this.redraw();
    this.sendSoon();
  }

  extend(point) {
    const [x, y] = this.stroke.points.at(-1);
    if (Math.hypot(point[0] - x, point[1] - y) > 0.8) this.stroke.points.push(point);
  }

  end() {
    this.stroke = null;
    this.redraw();
    this.sendInk();
  }

  // Say where the pen is, after the last of several keys.
  sayPlace(wait = 0) {
    clearTimeout(this.saying);
    const fields = { column: Math.round(this.pen.x / KEY_STEP), row: Math.round(this.pen.y / KEY_STEP) };
    const words = this.pen.down ? _("Pen down, column {column}, row {row}", fields) : _("Pen up, column {column}, row {row}", fields);
    if (wait) this.saying = setTimeout(() => speak(words), wait);
    else speak(words);
  }

  key(event) {
    const move = ARROWS[event.key];
    if (event.key.toLowerCase() === "z" && (event.ctrlKey || event.metaKey)) {
      event.preventDefault();
      if (this.pen.down) this.lift();
      this.undo.click();
    } else if (move) {
      event.preventDefault();
      this.pen.x = Math.min(SIZE, Math.max(0, this.pen.x + move[0] * KEY_STEP));
      this.pen.y = Math.min(SIZE, Math.max(0, this.pen.y + move[1] * KEY_STEP));
      this.pen.shown = true;
      if (this.pen.down) {
        this.extend([this.pen.x, this.pen.y, 1]);
        this.sendSoon();
      }
      this.redraw();
      this.sayPlace(PAUSE);
    } else if (event.key === " ") {
      event.preventDefault();
      this.pen.shown = true;
      if (this.pen.down) this.lift();
      else {
        this.pen.down = true;
        this.begin([this.pen.x, this.pen.y, 1], this.erasing);
      }
      this.sayPlace();
    } else if (event.key === "Escape") {
      this.pen.shown = false;
      this.redraw();
    }
  }

  lift() {
    this.pen.down = false;
    this.end();
  }

  // Load a picture from the server: a digit of a data set, a photograph or an earlier drawing.
  load(bits) {
    const picture = new ImageData(SIZE, SIZE);
    const bytes = Uint8Array.from(atob(bits), (letter) => letter.charCodeAt(0));
    for (let i = 0; i < SIZE * SIZE; i += 1) {
      picture.data[4 * i + 3] = bytes[i >> 3] & (128 >> (i & 7)) ? 255 : 0;
    }
    const canvas = new OffscreenCanvas(SIZE, SIZE);
    canvas.getContext("2d").putImageData(picture, 0, 0);
    this.entries.push({ kind: "picture", canvas });
    this.ink.number = -1; // the server knows this picture, and counts from it
    this.redraw();
  }

  paint(context, entry) {
    if (entry.kind === "clear") context.clearRect(0, 0, SIZE, SIZE);
    else if (entry.kind === "picture") {
      context.clearRect(0, 0, SIZE, SIZE);
      context.drawImage(entry.canvas, 0, 0);
    } else {
      const { points, width, erase } = entry;
      context.globalCompositeOperation = erase ? "destination-out" : "source-over";
      context.lineCap = context.lineJoin = "round";
      let [x, y] = points[0];
      if (points.length === 1) points.push([x + 0.01, y, points[0][2]]);
      for (let i = 1; i < points.length; i += 1) {
        const [fromX, fromY] = points[i - 1];
        const [toX, toY, pressure] = points[i];
        const [midX, midY] = i === points.length - 1 ? [toX, toY] : [(fromX + toX) / 2, (fromY + toY) / 2];
        context.lineWidth = width * pressure;
        context.beginPath();
        context.moveTo(x, y);
        context.quadraticCurveTo(fromX, fromY, midX, midY);
        context.stroke();
        [x, y] = [midX, midY];
      }
      context.globalCompositeOperation = "source-over";
    }
  }

  redrawSoon() {
    this.redrawing ??= requestAnimationFrame(() => this.redraw());
  }

  redraw() {
    this.redrawing = null;
    const start = Math.max(0, this.entries.findLastIndex(({ kind }) => kind !== "stroke"));
    const style = getComputedStyle(this.div);
    this.paper.clearRect(0, 0, SIZE, SIZE);
    this.paper.fillStyle = this.paper.strokeStyle = "#000";
    for (const entry of this.entries.slice(start)) this.paint(this.paper, entry);
    this.tellInk();
    const { screen } = this;
    screen.setTransform(this.scale, 0, 0, this.scale, 0, 0);
    screen.clearRect(0, 0, SIZE, SIZE);
    screen.drawImage(this.paper.canvas, 0, 0);
    screen.globalCompositeOperation = "source-in";
    screen.fillStyle = style.color;
    screen.fillRect(0, 0, SIZE, SIZE);
    screen.globalCompositeOperation = "source-over";
    if (this.pen.shown) {
      screen.strokeStyle = this.pen.down ? style.getPropertyValue("--st-primary-color") : style.color;
      screen.lineWidth = 2;
      screen.beginPath();
      screen.arc(this.pen.x, this.pen.y, Number(this.width.value) / 2, 0, 7);
      screen.stroke();
    }
  }

  // Tell the page about the ink, so that it reads it in the same frame.
  tellInk() {
    const { data } = this.paper.getImageData(0, 0, SIZE, SIZE);
    const ink = new Uint8Array(SIZE * SIZE);
    const { ink: before, number } = this.ink;
    let isOther = false;
    for (let i = 0; i < ink.length; i += 1) {
      ink[i] = data[4 * i + 3] > 64;
      isOther ||= ink[i] !== before[i];
    }
    this.ink = { ink: isOther ? ink : before, number: number + isOther, done: !this.stroke, isExample: Boolean(this.example) };
    const hint = this.example ? _("An example.\nDraw your own here!") : ink.some(Boolean) ? "" : _("Draw here");
    this.hint.textContent = hint;
    document.digitvizInk = this.ink;
    tell("ink", this.ink);
  }

  sendSoon() {
    const { isRead, isShown } = this.ink;
    if (this.staysHere || this.sending || isShown || (isRead && this.stroke?.isSent)) return; // once for the pictures, if they are missing
    this.sending = setTimeout(() => this.sendInk(), SEND_EVERY);
  }

  // The ink as one bit per pixel.
  packed() {
    const bytes = new Uint8Array((SIZE * SIZE) / 8);
    for (let i = 0; i < SIZE * SIZE; i += 1) if (this.ink.ink[i]) bytes[i >> 3] |= 128 >> (i & 7);
    return btoa(String.fromCharCode.apply(null, bytes));
  }

  sendInk() {
    clearTimeout(this.sending);
    this.sending = null;
    if (this.redrawing) this.redraw();
    if (this.staysHere) return;
    if (this.stroke) this.stroke.isSent = true;
    const { number, isRead } = this.ink;
    const bits = this.packed();
    const message = { put: this.put, bits, done: !this.stroke, number, read: Boolean(isRead) };
    if (bits === this.sent.bits && message.done === this.sent.done) return;
    this.sent = message;
    this.keep("ink", message);
  }

  rerun({ put, bits, take, example }) {
    const isFresh = this.put === undefined;
    this.staysHere = Boolean(take);
    this.say(take);
    if (!example) this.endExample();
    if (bits && put !== this.put) {
      this.load(bits);
      this.sent = { bits, done: true };
    } else this.redraw();
    if (isFresh && example) this.draw(example.split(" ").map((point) => [...point.split(",").map(Number), 1]));
    this.put = put;
  }

  dressAgain() {
    this.redraw();
  }

  remove() {
    if (document.digitvizInk === this.ink) delete document.digitvizInk; // not that of the next page
  }
}
