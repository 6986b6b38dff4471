// Reads the drawing on the pad whenever it changes, and shows the answer. The pictures follow by the event
// "digitviz:moment", see follow.js. Until the data has arrived, the server's own reading is shown.

import { bytesAt, element, fill, html, put, tell } from "./elements.js";
import { networkFrom, unpacked } from "./network.js";
import { numeral, sureness } from "./numbers.js";
import { read, toDigit } from "./reading.js";

const PICTURES = ".st-key-stages .digitviz-plot"; // the server adds them with the first stroke
const two = (value) => numeral(value, { minimumFractionDigits: 2, maximumFractionDigits: 2 });
const whole = (value) => numeral(value, { maximumFractionDigits: 0 });
const FORMATS = { distance: whole, limit: whole, probability: sureness, lower: sureness };

let network = null; // null while only the server can read
let owner = null; // who brought it, since another may be removed after this one is shown
let known = null; // rules, likeness detector and nearest digits: a promise, then the data
let reading = null; // of the ink on the pad
const parts = new Map(); // element -> data from the server

export function knownFrom(bytes) {
  const { head, take } = unpacked(bytes);
  const likeness = networkFrom(head.likeness, take, Float64Array);
  return { rules: head.rules, likeness, digits: take(Uint8Array, 64 * head.digits) };
}

// The network and the sentences from `network_in_browser`. null if only the server can read.
export function readerFrom(bytes) {
  const { head, take } = unpacked(bytes);
  return head.shapes ? { ...networkFrom(head, take, Float64Array), said: head.said, address: head.known } : null;
}

// The three texts of an answer, as `answer` in reader.py makes them.
export function wordsOf({ label, confidence, doubt }, said) {
  if (doubt?.reason === "empty") return { heading: said.prompt, digit: "", words: "" };
  const fields = doubt && Object.fromEntries(Object.entries(doubt).map(([name, value]) => [name, (FORMATS[name] ?? String)(value)]));
  const why = doubt && fill(said.doubts[doubt.reason], fields);
  if (label === null) return { heading: said.no_answer, digit: "", words: why };
  const probability = sureness(confidence);
  const words = doubt ? fill(said.doubted, { probability, doubt: why }) : fill(said.sure, { probability });
  return { heading: said.read_as, digit: String(label), words };
}

export function stepsOf({ thickened, scale: [down, across], slant }, said) {
  const scaled = fill(said.scaled[thickened], { down: two(down), across: two(across) });
  const way = Math.abs(slant) < said.upright ? 2 : Number(slant > 0);
  return [scaled, fill(said.leant[way], { slant: two(Math.abs(slant)) }), said.counted].join(said.gap);
}

async function load(address) {
  known = knownFrom(await bytesAt(address));
  readAgain();
}

// Load what every network needs.
export function prepare(address) {
  known ??= load(address).catch(() => (known = null)); // the next network tries again
}

export const isReady = () => Boolean(known?.rules && network);

// Read with a network from now on, until `release`. null if only the server can read.
export function adopt(by, reads) {
  [owner, network] = [by, reads];
  window.addEventListener("digitviz:ink", take);
  if (network) prepare(network.address);
  readAgain();
}

export function release(by) {
  if (by !== owner) return;
  const isShown = document.digitvizReading === reading; // not that of the next page, which has a copy of this script
  owner = network = reading = null;
  window.removeEventListener("digitviz:ink", take);
  if (!isShown) return;
  document.documentElement.removeAttribute("data-digitviz-drawing");
  follow();
}

function readAgain() {
  if (document.digitvizInk) take({ detail: document.digitvizInk });
}

function take({ detail }) {
  const isSame = reading?.network === network && reading?.drawing.ink === detail.ink;
  if (!isSame) readNow(detail.ink);
  for (const [place, data] of parts) if (data.form === "challenge") render(place, data); // also when the pen is up
  detail.isRead = Boolean(reading);
  detail.isShown = Boolean(reading && document.querySelector(PICTURES));
  dim();
}

function readNow(ink) {
  const drawing = isReady() ? toDigit(ink, known.rules) : null;
  reading = drawing && { drawing, network, ...read(drawing, network, known) };
  follow();
  for (const [place, data] of parts) render(place, data);
}

// The details below are about the drawing that the server knows.
function dim() {
  const ink = document.digitvizInk;
  const shown = [...parts.values()].find(({ form }) => form === "end")?.number ?? 0;
  document.documentElement.toggleAttribute("data-digitviz-drawing", Boolean(ink) && (!ink.done || ink.number > shown));
}

function follow() {
  document.digitvizReading = reading;
  if (!reading || reading.label === null) return tell("moment", null);
  const { heading, digit } = wordsOf(reading, network.said);
  tell("moment", { ...reading, words: `${heading} ${digit}`, probabilitiesOf: () => reading.probabilities });
}

const FORMS = {
  answer(place, data) {
    const isEmpty = reading ? reading.drawing.isEmpty : data.empty;
    const { heading, digit, words } = reading ? wordsOf(reading, network.said) : data;
    place.className = `digitviz-reading answer${isEmpty ? " empty" : ""}`;
    put(place, html`<div><span class="heading">${heading}</span><span class="digit">${digit}</span></div><p class="words">${words}</p>`);
  },
  steps(place, data) {
    place.className = "digitviz-reading steps";
    const isRead = reading && !reading.drawing.isEmpty;
    place.textContent = isRead ? stepsOf(reading.drawing, network.said) : data.words;
  },
  // The next goal as soon as the network reads the last one in a drawing of the visitor's own; praise while it reads that.
  challenge(place, { goals, first, next }) {
    place.className = "digitviz-reading challenge";
    const { dataset } = place;
    dataset.at ??= 0;
    const at = Number(dataset.at);
    const ink = document.digitvizInk;
    if (reading?.label === goals[at] && ink?.done && !ink.isExample) [dataset.reached, dataset.at] = [goals[at], (at + 1) % goals.length];
    const words = String(reading?.label) === dataset.reached ? next : first;
    const isHopeless = reading?.doubt?.reason === "same";
    place.textContent = isHopeless ? "" : fill(words, { digit: dataset.reached, goal: goals[dataset.at] });
  },
  end: dim,
};

const render = (place, data) => FORMS[data.form](place, data);

export function show({ data, parentElement }) {
  if (data instanceof Uint8Array) {
    if (data === parentElement.digitvizNetwork) return; // an unchanged rerun
    parentElement.digitvizNetwork = data;
    return adopt(parentElement, readerFrom(data));
  }
  const place = (parentElement.digitvizReading ??= element("div", "", parentElement));
  parts.set(place, data);
  render(place, data);
}

export function remove(parentElement) {
  release(parentElement);
  parts.delete(parentElement.digitvizReading);
}
