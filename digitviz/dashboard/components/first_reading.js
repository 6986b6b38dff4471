// The answer on the start page: what the pretrained network reads on the pad at every stroke (reader.js), one reason for it,
// and where that reason is in the 8 x 8 digit. The network is loaded with the first ink. On Draw, reader.js has the network
// of the page, and this shows the reason and the 8 x 8 digit.

import { built, bytesAt, html, SIDE } from "./elements.js";
import { sureness } from "./numbers.js";
import { inkDigit } from "./paint.js";
import { adopt, isReady, prepare, readerFrom, release, wordsOf } from "./reader.js";
import { reasonFor, reasonWords } from "./reason.js";
import { announce } from "./speak.js";
import { _ } from "./words.js";

const SHARP = 48; // canvas pixels per pixel of the digit
const SIZE = SIDE * SHARP;
const LEGIBLE = 160; // least width in pixels with its numbers in it
const RING = 6; // width of the frame in canvas pixels
const EVENTS = ["digitviz:ink", "digitviz:moment"]; // ink on the pad, and a reading by reader.js

const MARKUP = html`
  <figure><figcaption class="seen"></figcaption><canvas class="picture" width="${SIZE}" height="${SIZE}" role="img"></canvas><div class="scale"></div></figure>
  <div class="said"><div class="says"></div><div class="digit" aria-hidden="true"></div><p class="reason"></p><p class="sure"></p></div>
  <div class="bars" role="img">${[...Array(10).keys()].map((digit) => html`<div><b>${digit}</b><span><i></i></span><em></em></div>`)}</div>`;

export default class FirstReading {
  constructor(parent, { signal }) {
    Object.assign(this, built(parent, "digitviz-first", MARKUP));
    for (const event of EVENTS) window.addEventListener(event, () => this.dressAgain(), { signal });
  }

  rerun(data) {
    if (this.data?.network !== data.network) this.loading = null;
    this.data = data;
    this.div.classList.toggle("follows", !data.network);
    this.seen.textContent = `→ ${_("it sees 64 numbers")}`;
    this.scale.textContent = data.network ? "" : _("0 = paper, 16 = full ink");
    this.says.textContent = `→ ${_("it says")}`;
    this.dressAgain();
  }

  dressAgain() {
    const { digitvizInk: pad, digitvizReading: reading } = document;
    if (this.data.network && pad?.done) this.loading ??= this.load(this.data);
    if (!pad || !reading || reading.drawing.ink === pad.ink) this.show(pad, reading); // otherwise it is read next
  }

  async load({ network, known }) {
    prepare(known);
    try {
      const bytes = await bytesAt(network);
      if (network === this.data.network) adopt(this, readerFrom(bytes));
    } catch {
      this.loading = null; // the end of the next stroke tries again
    }
  }

  // Show what reader.js has read.
  show(pad, reading) {
    const { network } = this.data;
    const isDrawn = reading ? !reading.drawing.isEmpty : Boolean(network && pad?.ink.some(Boolean));
    const drawing = isDrawn ? reading?.drawing : null;
    this.div.classList.toggle("empty", !isDrawn);
    const isRead = drawing && reading.label !== null;
    const reason = isRead ? reasonFor(drawing, reading.network, reading) : null;
    let words = network ? _("Draw a digit on the pad. The network reads it at every stroke and says why.") : "";
    if (isRead) words = reasonWords(reading, reason);
    else if (isDrawn) words = reading || isReady() ? this.edge() : _("Reading…");
    const sure = isRead ? wordsOf(reading, reading.network.said).words : "";
    this.digit.textContent = isRead ? reading.label : "";
    this.reason.textContent = words;
    this.sure.textContent = sure;
    this.paint(drawing?.digit, reason?.frame);
    const framed = _("The drawing as 8 × 8 numbers. A frame marks the part that the sentence is about.");
    this.picture.setAttribute("aria-label", drawing ? framed : _("An empty grid of 8 × 8 pixels"));
    this.share(isRead ? reading : null);
    const isDone = Boolean(network && pad?.done && !pad.isExample);
    if (isRead && isDone && words !== this.spoken) announce(`${words} ${sure}`);
    this.spoken = isDone ? words : this.spoken;
  }

  // On Draw, the page itself says this.
  edge() {
    return this.data.network ? _("There is ink along the edge of the pad, as in a photo. Press Clear and draw inside the edge.") : "";
  }

  share(reading) {
    [...this.bars.children].forEach((bar, digit) => {
      const probability = reading?.probabilities[digit] ?? 0;
      bar.querySelector("i").style.width = `${100 * probability}%`;
      bar.querySelector("em").textContent = reading ? sureness(probability) : "";
      bar.classList.toggle("answer", digit === reading?.label);
    });
    const all = reading && [...reading.probabilities].map((share, digit) => `${digit}: ${sureness(share)}`).join(", ");
    this.bars.setAttribute("aria-label", _("Probability of each digit. {all}", { all: all ?? "–" }));
  }

  paint(digit, frame) {
    const pen = this.picture.getContext("2d");
    const look = getComputedStyle(this.div);
    pen.clearRect(0, 0, SIZE, SIZE);
    pen.fillStyle = pen.strokeStyle = look.color;
    if (digit) inkDigit(pen, digit, SHARP);
    if (this.picture.clientWidth > LEGIBLE) digit?.forEach((ink, at) => {
      const fillStyle = ink > 8 ? look.getPropertyValue("--st-background-color") : look.color;
      Object.assign(pen, { font: `${SHARP * 0.5}px ${look.fontFamily}`, textAlign: "center", textBaseline: "middle", globalAlpha: ink < 0.5 ? 0.6 : 1, fillStyle });
      pen.fillText(Math.round(ink), ((at % SIDE) + 0.5) * SHARP, (Math.floor(at / SIDE) + 0.54) * SHARP);
    });
    Object.assign(pen, { globalAlpha: 0.2, fillStyle: look.color });
    for (let line = 1; line < SIDE; line += 1) {
      pen.fillRect(line * SHARP, 0, 2, SIZE);
      pen.fillRect(0, line * SHARP, SIZE, 2);
    }
    pen.globalAlpha = 1;
    if (!frame) return;
    const [top, left, bottom, right] = frame.map((edge) => Math.min(SIZE - RING / 2, Math.max(RING / 2, edge * SHARP)));
    pen.strokeStyle = getComputedStyle(this.picture).outlineColor;
    pen.lineWidth = RING;
    pen.beginPath();
    pen.roundRect(left, top, right - left, bottom - top, 2 * RING);
    pen.stroke();
  }
  remove() {
    release(this);
  }
}
