// Reads the drawing on the pad whenever it changes, and shows the answer. The pictures follow by the event
// "digitviz:moment", see follow.js. Until the data has arrived, the server's own reading is shown.

import { bytesAt, element, html, put, tell } from "./elements.js";
import { networkFrom, unpacked } from "./network.js";
import { numeral, sureness } from "./numbers.js";
import { read, toDigit } from "./reading.js";
import { _, joined } from "./words.js";

const PICTURES = ".st-key-stages .digitviz-plot"; // the server adds them with the first stroke
const UPRIGHT = 0.005; // slant in columns per row below which its two decimals are zeros
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

// The network and the English sentences from `network_in_browser`. null if only the server can read.
export function readerFrom(bytes) {
  const { head, take } = unpacked(bytes);
  return head.shapes ? { ...networkFrom(head, take, Float64Array), said: head.said, address: head.known } : null;
}

function headingOf({ digit, empty, whose }) {
  if (empty) return _("Draw a digit on the pad, with the mouse, a finger, a pen or the arrow keys.");
  if (!digit) return _("No answer");
  return whose ? _("{reader} reads", { reader: whose }) : _("Read as");
}

// The three texts of an answer. The last is the same as `Prediction.words`.
export function wordsOf({ label, confidence, doubt }, said) {
  const [empty, digit] = [doubt?.reason === "empty", String(label ?? "")];
  const heading = headingOf({ digit, empty });
  if (empty) return { heading, digit: "", words: "" };
  const fields = doubt && Object.fromEntries(Object.entries(doubt).map(([name, value]) => [name, (FORMATS[name] ?? String)(value)]));
  const why = doubt && _(said[doubt.reason], fields);
  if (!digit) return { heading, digit, words: why };
  const probability = sureness(confidence);
  const words = doubt ? _(said.doubted, { probability, doubt: why }) : _(said.sure, { probability });
  return { heading, digit, words };
}

// What was done with the ink, in words.
export function stepsOf({ thickened, scale, slant }) {
  const [down, across] = scale.map(two);
  const scaled = {
    "-2": _("Cropped, scaled by {down} vertically and {across} horizontally, and thinned twice.", { down, across }),
    "-1": _("Cropped, scaled by {down} vertically and {across} horizontally, and thinned once.", { down, across }),
    0: _("Cropped, and scaled by {down} vertically and {across} horizontally.", { down, across }),
    1: _("Cropped, scaled by {down} vertically and {across} horizontally, and thickened once.", { down, across }),
    2: _("Cropped, scaled by {down} vertically and {across} horizontally, and thickened twice.", { down, across }),
  }[thickened];
  const fields = { slant: two(Math.abs(slant)) };
  const left = slant < 0 && _("Straightened: it slanted {slant} columns to the left per row.", fields);
  const leant = left || _("Straightened: it slanted {slant} columns to the right per row.", fields);
  const counted = _("Then the inked pixels in each 4 × 4 block are counted.");
  return joined([scaled, Math.abs(slant) < UPRIGHT ? _("It was upright already.") : leant, counted]);
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

// Until the visitor has guessed what it says of the example.
export const isAsking = () => Boolean(document.digitvizInk?.isExample && document.digitvizGuess === undefined);

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
  const isSame = reading?.network === network && reading?.drawing.ink === detail.ink && reading.isAsked === isAsking();
  if (!isSame) readNow(detail.ink);
  for (const [place, data] of parts) if (data.form === "challenge") render(place, data); // also when the pen is up
  detail.isRead = Boolean(reading);
  detail.isShown = Boolean(reading && document.querySelector(PICTURES));
  dim();
}

function readNow(ink) {
  const drawing = isReady() ? toDigit(ink, known.rules) : null;
  reading = drawing && { drawing, network, isAsked: isAsking(), ...read(drawing, network, known) };
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
  if (!reading || reading.label === null || reading.isAsked) return tell("moment", null);
  const now = reading;
  tell("moment", {
    ...now,
    get words() { // in the language when a picture asks
      const { heading, digit } = wordsOf(now, now.network.said);
      return `${heading} ${digit}`;
    },
    probabilitiesOf: () => now.probabilities,
  });
}

const FORMS = {
  answer(place, data) {
    const isEmpty = reading ? reading.drawing.isEmpty : data.empty;
    const read = reading ? wordsOf(reading, network.said) : { ...data, heading: headingOf(data) };
    const { heading, digit, words } = reading?.isAsked ? { ...read, digit: "?", words: "" } : read;
    place.className = `digitviz-reading answer${isEmpty ? " empty" : ""}`;
    put(place, html`<div><span class="heading">${heading}</span><span class="digit">${digit}</span></div><p class="words">${words}</p>`);
  },
  steps(place, data) {
    place.className = "digitviz-reading steps";
    const isRead = reading && !reading.drawing.isEmpty;
    place.textContent = stepsOf(isRead ? reading.drawing : data);
  },
  // The next goal as soon as the network reads the last one in a drawing of the visitor's own; praise while it reads that.
  challenge(place, { goals }) {
    place.className = "digitviz-reading challenge";
    const { dataset } = place;
    dataset.at ??= 0;
    const at = Number(dataset.at);
    const ink = document.digitvizInk;
    if (reading?.label === goals[at] && ink?.done && !ink.isExample) [dataset.reached, dataset.at] = [goals[at], (at + 1) % goals.length];
    const fields = { digit: dataset.reached, goal: goals[dataset.at] };
    const praise = String(reading?.label) === dataset.reached && _("✓ {digit}! Now make it say {goal}.", fields);
    if (reading?.isAsked) return (place.textContent = _("What will it say?"));
    const isHopeless = reading?.doubt?.reason === "same";
    place.textContent = isHopeless ? "" : praise || _("Can you make it say {goal}?", fields);
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
