// The answer on the start page: what the pretrained network reads on the pad at every stroke, one reason for it, and where
// that reason is in the 8 x 8 digit. The network, the rules, and the scripts that compute with them are loaded with the first ink.
// On Draw, reader.js reads with the network of the page, and this shows the reason and the 8 x 8 digit.

import { asked, element, fill, SIDE } from "./elements.js";
import { sureness } from "./numbers.js";
import { inkDigit } from "./paint.js";
import { announce } from "./speak.js";

const SHARP = 48; // canvas pixels per pixel of the digit
const SIZE = SIDE * SHARP;
const LEGIBLE = 160; // least width in pixels with its numbers in it
const RING = 6; // width of the frame in canvas pixels
const EVENTS = ["digitviz:ink", "digitviz:moment"]; // ink on the pad, and a reading by reader.js

const MARKUP = `
  <figure><figcaption></figcaption><canvas width="${SIZE}" height="${SIZE}" role="img"></canvas></figure>
  <div class="said"><div class="says"></div><div class="digit" aria-hidden="true"></div><p class="reason"></p><p class="sure"></p></div>
  <div class="bars" role="img"></div>`; // a row for each digit: its name, a bar on a scale from 0 to 100 %, and the number

async function scripts() {
  return Object.assign({}, ...(await Promise.all([import("./reader.js"), import("./reading.js"), import("./reason.js")])));
}

export default class FirstReading {
  constructor(parent, { signal }) {
    this.root = element("div", "digitviz-first", parent);
    this.root.innerHTML = MARKUP;
    this.part = (name) => this.root.querySelector(name);
    this.bars = Array.from({ length: 10 }, (_, digit) => {
      const bar = element("div", "", this.part(".bars"));
      bar.innerHTML = `<b>${digit}</b><span><i></i></span><em></em>`;
      return bar;
    });
    for (const event of EVENTS) window.addEventListener(event, () => this.dressAgain(), { signal });
  }

  rerun(data) {
    if (this.data?.network !== data.network) this.core = undefined; // the first visit, or another language
    this.data = data;
    this.root.classList.toggle("follows", !data.network);
    this.part("figcaption").textContent = `→ ${data.said.input}`;
    this.part(".says").textContent = `→ ${data.said.says}`;
    this.dressAgain();
  }

  dressAgain() {
    if (this.data.network) this.take(document.digitvizInk);
    else this.follow();
  }

  // Show what reader.js has read.
  async follow() {
    this.core ??= await scripts();
    const { digitvizReading: reading } = document;
    if (reading) this.core.network = reading.network;
    this.show(Boolean(reading && !reading.drawing.isEmpty), reading?.drawing, reading, false);
  }

  async load() {
    this.core = null;
    const { network, known } = this.data;
    const bytesOf = async (address) => new Uint8Array(await (await asked(address)).arrayBuffer());
    try {
      const [core, ...bytes] = await Promise.all([scripts(), bytesOf(network), bytesOf(known)]);
      if (network !== this.data.network) return; // the language has changed meanwhile
      this.core = { ...core, network: core.readerFrom(bytes[0]), known: core.knownFrom(bytes[1]) };
      this.take(document.digitvizInk);
    } catch {
      this.core = undefined;
      this.failed = true; // the end of the next stroke tries again
    }
  }

  take(pad) {
    const { core } = this;
    const isDrawn = Boolean(pad?.ink.some(Boolean));
    if (isDrawn && core === undefined && (pad.done || !this.failed)) this.load();
    const drawing = isDrawn && core ? core.toDigit(pad.ink, core.known.rules) : null;
    this.show(isDrawn, drawing, drawing && core.read(drawing, core.network, core.known), Boolean(pad?.done && !pad.isExample));
  }

  show(isDrawn, drawing, reading, isDone) {
    const { core } = this;
    const { said } = this.data;
    this.root.classList.toggle("empty", !isDrawn);
    const isRead = reading && reading.label !== null;
    const reason = isRead ? core.reasonFor(drawing, core.network, reading) : null;
    let words = said.prompt;
    if (isRead) words = core.reasonWords(reading, reason, said);
    else if (isDrawn) words = core ? said.edge : said.waiting;
    const sure = isRead ? core.wordsOf(reading, core.network.said).words : "";
    this.part(".digit").textContent = isRead ? reading.label : "";
    this.part(".reason").textContent = words;
    this.part(".sure").textContent = sure;
    this.paint(drawing?.digit, reason?.frame);
    this.part("canvas").setAttribute("aria-label", drawing ? said.picture : said.no_picture);
    this.share(isRead ? reading : null, said);
    if (isRead && isDone && words !== this.spoken) announce(`${words} ${sure}`);
    this.spoken = isDone ? words : this.spoken;
  }

  share(reading, said) {
    this.bars.forEach((bar, digit) => {
      const probability = reading?.probabilities[digit] ?? 0;
      bar.querySelector("i").style.width = `${100 * probability}%`;
      bar.querySelector("em").textContent = reading ? sureness(probability) : "";
      bar.classList.toggle("answer", digit === reading?.label);
    });
    const all = reading && [...reading.probabilities].map((share, digit) => `${digit}: ${sureness(share)}`).join(", ");
    this.part(".bars").setAttribute("aria-label", fill(said.bars, { all: all ?? "–" }));
  }

  paint(digit, frame) {
    const pen = this.part("canvas").getContext("2d");
    const look = getComputedStyle(this.root);
    pen.clearRect(0, 0, SIZE, SIZE);
    pen.fillStyle = pen.strokeStyle = look.color;
    if (digit) inkDigit(pen, digit, SHARP);
    if (this.data.network && this.part("canvas").clientWidth > LEGIBLE) digit?.forEach((ink, at) => {
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
    pen.strokeStyle = getComputedStyle(this.part("canvas")).outlineColor;
    pen.lineWidth = RING;
    pen.beginPath();
    pen.roundRect(left, top, right - left, bottom - top, 2 * RING);
    pen.stroke();
  }
}
