// The answer on the start page: what the pretrained network reads on the pad at every stroke, one reason for it, and where
// that reason is in the 8 x 8 digit. The rules and the nearest digits are loaded with the first ink.

import { percent } from "./numbers.js";
import { knownFrom, readerFrom, sureness, wordsOf } from "./reader.js";
import { read, toDigit } from "./reading.js";
import { reasonFor } from "./reason.js";
import { announce } from "./speak.js";

const SIDE = 8;
const SHARP = 24; // canvas pixels per pixel of the digit
const RING = 5; // width of the frame in canvas pixels
const fill = (sentence, fields) => sentence.replace(/\{(\w+)\}/g, (_, name) => fields[name]);

const MARKUP = `
  <figure><canvas width="${SIDE * SHARP}" height="${SIDE * SHARP}" role="img"></canvas><figcaption></figcaption></figure>
  <div class="said"><div class="digit" aria-hidden="true"></div><p class="reason"></p><p class="sure"></p></div>
  <div class="bars" role="img"></div>`;

// The sentence about the reason for an answer.
export function reasonWords(reading, reason, said) {
  const digit = reading.label;
  if (!reason) return fill(said.anywhere, { digit });
  const { kind, place, side, becomes, left } = reason;
  const [before, after] = [reading.probabilities[digit], left].map(sureness);
  const fields = { digit, place: said.places[place], side: said.sides[side], other: becomes, before, after };
  const loop = kind === "loop" ? `loop_${place}` : kind;
  return fill(said.reasons[loop][Number(becomes === digit)], fields);
}

class FirstReading {
  constructor(parent) {
    this.root = parent.appendChild(Object.assign(document.createElement("div"), { className: "digitviz-first" }));
    this.root.innerHTML = MARKUP;
    this.part = (name) => this.root.querySelector(name);
    this.bars = Array.from({ length: 10 }, (_, digit) => {
      const bar = this.part(".bars").appendChild(document.createElement("div"));
      bar.append(document.createElement("i"), String(digit));
      return bar;
    });
    this.onInk = ({ detail }) => this.take(detail);
    window.addEventListener("digitviz:ink", this.onInk);
  }

  update(bytes) {
    if (bytes === this.bytes) {
      this.take(document.digitvizInk); // the theme may have changed
      return;
    }
    this.bytes = bytes;
    this.network = readerFrom(bytes);
    this.part("figcaption").textContent = this.network.said.first.input;
    this.take(document.digitvizInk);
  }

  async load() {
    this.known = "asked";
    try {
      const answer = await fetch(new URL(this.network.address, document.baseURI).href);
      if (!answer.ok) throw new Error("The server did not send the digits.");
      this.known = knownFrom(new Uint8Array(await answer.arrayBuffer()));
      this.take(document.digitvizInk);
    } catch {
      this.known = null; // the next stroke tries again
    }
  }

  take(pad) {
    const ink = pad?.ink;
    const isDrawn = Boolean(ink?.some(Boolean));
    if (isDrawn && !this.known && (pad.done || this.known === undefined)) this.load();
    const drawing = isDrawn && this.known?.rules ? toDigit(ink, this.known.rules) : null;
    const reading = drawing && read(drawing, this.network, this.known);
    this.show(isDrawn, drawing, reading, Boolean(pad?.done));
  }

  show(isDrawn, drawing, reading, isDone) {
    const said = this.network.said.first;
    this.root.classList.toggle("empty", !isDrawn);
    const isRead = reading && reading.label !== null;
    const reason = isRead ? reasonFor(drawing, this.network, reading) : null;
    let words = said.prompt;
    if (isRead) words = reasonWords(reading, reason, said);
    else if (isDrawn) words = this.known?.rules ? said.edge : said.waiting;
    const sure = isRead ? wordsOf(reading, this.network.said).words : "";
    this.part(".digit").textContent = isRead ? reading.label : "";
    this.part(".reason").textContent = words;
    this.part(".sure").textContent = sure;
    this.root.dataset.kind = reason?.kind ?? "";
    this.paint(drawing?.digit, reason?.frame);
    this.part("canvas").setAttribute("aria-label", drawing ? said.picture : said.no_picture);
    this.share(isRead ? reading : null, said);
    if (isRead && isDone && words !== this.spoken) announce(`${words} ${sure}`);
    this.spoken = isDone ? words : this.spoken;
  }

  share(reading, said) {
    this.bars.forEach((bar, digit) => {
      bar.firstChild.style.height = `${100 * (reading?.probabilities[digit] ?? 0)}%`;
      bar.classList.toggle("answer", digit === reading?.label);
    });
    const all = reading && [...reading.probabilities].map((share, digit) => `${digit}: ${percent(share, 0)}`).join(", ");
    this.part(".bars").setAttribute("aria-label", fill(said.bars, { all: all ?? "–" }));
  }

  paint(digit, frame) {
    const pen = this.part("canvas").getContext("2d");
    const { color } = getComputedStyle(this.root);
    pen.clearRect(0, 0, SIDE * SHARP, SIDE * SHARP);
    pen.fillStyle = pen.strokeStyle = color;
    for (let at = 0; digit && at < digit.length; at += 1) {
      pen.globalAlpha = digit[at] / 16;
      pen.fillRect((at % SIDE) * SHARP, Math.floor(at / SIDE) * SHARP, SHARP, SHARP);
    }
    pen.globalAlpha = 0.2;
    for (let line = 1; line < SIDE; line += 1) {
      pen.fillRect(line * SHARP, 0, 1, SIDE * SHARP);
      pen.fillRect(0, line * SHARP, SIDE * SHARP, 1);
    }
    pen.globalAlpha = 1;
    if (!frame) return;
    const [top, left, bottom, right] = frame.map((edge) => edge * SHARP);
    pen.strokeStyle = getComputedStyle(this.part("canvas")).outlineColor;
    pen.lineWidth = RING;
    pen.beginPath();
    pen.roundRect(left, top, right - left, bottom - top, 3 * RING);
    pen.stroke();
  }

  remove() {
    window.removeEventListener("digitviz:ink", this.onInk);
    this.root.remove();
  }
}

export function show({ data, parentElement }) {
  (parentElement.digitvizFirst ??= new FirstReading(parentElement)).update(data);
}

export function remove(parentElement) {
  parentElement.digitvizFirst?.remove();
  delete parentElement.digitvizFirst;
}
