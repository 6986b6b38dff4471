// Reads a drawing as `digitviz/drawing` does: normalise.py, drawing.py and prediction.py. The 8 x 8 digit is the same to the
// last bit, because both count in whole numbers. `rules` holds the constants of these modules, see reader.py.

import { between } from "./elements.js";
import { forward, largest, softmax } from "./network.js";

export const CELLS = 32; // pixels along a side of the bitmap
export const BLOCK = 4;

// Round half to even, as NumPy does.
function rint(value) {
  const rounded = Math.round(value);
  return rounded - value === 0.5 && rounded % 2 ? rounded - 1 : rounded;
}

// Top, left, bottom and right of the ink, the last two exclusive. null if there is no ink.
function boxOf(ink, size) {
  let [top, left, bottom, right] = [size, size, 0, 0];
  for (let row = 0, at = 0; row < size; row += 1) {
    for (let column = 0; column < size; column += 1, at += 1) {
      if (!ink[at]) continue;
      if (row < top) top = row;
      if (row >= bottom) bottom = row + 1;
      if (column < left) left = column;
      if (column >= right) right = column + 1;
    }
  }
  return bottom ? [top, left, bottom, right] : null;
}

// True if `find_ink` takes the drawing for a photograph, because there is ink along the border. Then the server reads it.
function looksLikePhotograph(ink, size, { uncleanShare }) {
  let inked = 0;
  for (let at = 0; at < size; at += 1) inked += ink[at] + ink[size * (size - 1) + at];
  for (let row = 1; row < size - 1; row += 1) inked += ink[size * row] + ink[size * row + size - 1];
  return inked >= uncleanShare * 4 * (size - 1);
}

// Why a shape cannot be a digit, or null.
function problemOf(total, tall, wide, side, { smallestHeight, widestShape, slim, fullestBox }) {
  if (Math.max(tall, wide) < smallestHeight * side) return "dot";
  if (wide > widestShape * tall) return "wide";
  if (tall < smallestHeight * side) return "small";
  return wide > slim * tall && total / (tall * wide) > fullestBox ? "filled" : null;
}

// Add the four neighbours of every inked pixel.
function dilated(bitmap) {
  const grown = bitmap.slice();
  for (let at = 0; at < bitmap.length; at += 1) {
    if (!bitmap[at]) continue;
    const column = at % CELLS;
    if (column) grown[at - 1] = 1;
    if (column < CELLS - 1) grown[at + 1] = 1;
    if (at >= CELLS) grown[at - CELLS] = 1;
    if (at < CELLS * (CELLS - 1)) grown[at + CELLS] = 1;
  }
  return grown;
}

const inverted = (bitmap) => bitmap.map((pixel) => 1 - pixel);
const changes = { 1: dilated, [-1]: (bitmap) => inverted(dilated(inverted(bitmap))) };

// Thin or thicken strokes to the weight of the data set's digits.
function evenOut(bitmap, { dilateBelow, erodeAbove }) {
  const ink = bitmap.reduce((sum, pixel) => sum + pixel, 0);
  const below = dilateBelow.filter((limit) => ink < limit).length;
  const times = ink ? below - erodeAbove.filter((limit) => ink > limit).length : 0;
  let even = bitmap;
  for (let step = 0; step < Math.abs(times); step += 1) even = changes[Math.sign(times)](even);
  return { bitmap: even, thickened: times };
}

// The row's inked pixels before each column, and the slant of the ink in columns per row. Sums stay below 2**53.
function measured(ink, size, [top, left, bottom, right], { steepestSlant }) {
  const [tall, wide] = [bottom - top, right - left];
  const before = new Int32Array(tall * (wide + 1));
  const ends = [];
  let [total, ofX, ofY, ofYY, ofXY] = [0, 0, 0, 0, 0];
  for (let row = 0, at = 0; row < tall; row += 1, at += 1) {
    let [count, sum, first, last] = [0, 0, -1, -1];
    for (let column = 0, from = (top + row) * size + left; column < wide; column += 1, at += 1, from += 1) {
      if (ink[from]) {
        count += 1;
        sum += column;
        if (first < 0) first = column;
        last = column;
      }
      before[at + 1] = count;
    }
    ends.push(count ? [first, last + 1] : null);
    total += count;
    ofX += sum;
    ofY += count * row;
    ofYY += count * row * row;
    ofXY += sum * row;
  }
  const variance = Math.max(total * ofYY - ofY * ofY, 1);
  const slant = between(-(total * ofXY - ofX * ofY) / variance, -steepestSlant, steepestSlant);
  return { before, ends, total, slant };
}

// The ink of each bitmap pixel in 1/256 x 1/256 pixel, like `normalise`.
function coverage({ before, shift }, tall, wide, sources, unit) {
  const covered = new Float64Array(CELLS * CELLS);
  const area = new Float64Array(CELLS);
  const high = (unit / CELLS) * tall; // height of a row of the bitmap
  for (let row = 0; row < tall; row += 1) {
    let left = 0;
    for (let edge = 0; edge <= CELLS; edge += 1) {
      const position = between(sources[edge] + shift[row], 0, unit * wide);
      const column = Math.min(Math.floor(position / unit), wide - 1);
      const at = row * (wide + 1) + column;
      const ink = unit * before[at] + (position - unit * column) * (before[at + 1] - before[at]);
      if (edge) area[edge - 1] = ink - left;
      left = ink;
    }
    for (let to = Math.floor((unit * row) / high); to < CELLS && to * high < unit * (row + 1); to += 1) {
      const overlap = Math.min((to + 1) * high, unit * (row + 1)) - Math.max(to * high, unit * row);
      for (let cell = 0; cell < CELLS; cell += 1) covered[to * CELLS + cell] += overlap * area[cell];
    }
  }
  return covered;
}

function levelOf(covered, half, { hairline }) {
  if (covered.reduce((count, ink) => count + (ink > half), 0) >= hairline) return half;
  return Math.max(covered.slice().sort().at(-hairline) - 1, 0);
}

export function blocksOf(bitmap) {
  const digit = new Float64Array((CELLS / BLOCK) ** 2);
  bitmap.forEach((pixel, at) => {
    const [row, column] = [Math.floor(at / CELLS), at % CELLS];
    digit[Math.floor(row / BLOCK) * (CELLS / BLOCK) + Math.floor(column / BLOCK)] += pixel;
  });
  return digit;
}

// Convert ink, 0 or 1 for each pixel of a square, to an 8 x 8 digit, like `to_digit`. null if only the server can read it.
export function toDigit(ink, rules) {
  const size = Math.sqrt(ink.length);
  if (looksLikePhotograph(ink, size, rules)) return null;
  const box = boxOf(ink, size);
  if (!box) return { ink, size, isEmpty: true, digit: new Float64Array((CELLS / BLOCK) ** 2), problem: null };
  const { unit, widthGain, widest } = rules;
  const [tall, wide] = [box[2] - box[0], box[3] - box[1]];
  const { before, ends, total, slant } = measured(ink, size, box, rules);
  const shift = ends.map((_, row) => -rint(unit * slant * (row + 0.5 - tall / 2)));
  const edgesOf = (side) => ends.flatMap((pair, row) => (pair ? [unit * pair[side] - shift[row]] : []));
  const first = Math.min(...edgesOf(0));
  const span = Math.max(...edgesOf(1)) - first;
  const width = between(rint((widthGain * CELLS * span) / (unit * tall)), 2, widest);
  const start = Math.floor((CELLS - width) / 2);
  const sources = Array.from({ length: CELLS + 1 }, (_, edge) => first + rint((between(edge - start, 0, width) * span) / width));
  const covered = coverage({ before, shift }, tall, wide, sources, unit);
  const half = Math.floor(((unit / CELLS) * tall * span) / (2 * width)); // half of the area of a bitmap pixel
  const level = levelOf(covered, half, rules);
  const { bitmap, thickened } = evenOut(Uint8Array.from(covered, (area) => area > level), rules);
  const scale = [CELLS / tall, width / (span / unit)];
  const problem = problemOf(total, tall, wide, size, rules);
  return { ink, size, isEmpty: false, box, slant, scale, thickened, bitmap, digit: blocksOf(bitmap), problem };
}

// Mean distance to the nearest digits, 64 bytes each, in ink. null without digits.
function distanceTo(digits, pixels, nearest) {
  const least = [];
  for (let from = 0; from < digits.length; from += pixels.length) {
    let square = 0;
    for (let at = 0; at < pixels.length; at += 1) square += (digits[from + at] - pixels[at]) ** 2;
    if (least.length === nearest && square >= least[nearest - 1]) continue;
    least.push(square);
    least.sort((one, other) => one - other).splice(nearest);
  }
  return least.length ? least.reduce((sum, square) => sum + Math.sqrt(square), 0) / least.length : null;
}

// Why not to trust an answer: the first reason and its numbers, or null.
function doubtOf({ probabilities, label, second, likeness, distance }, { close, farthest, minConfidence, alike }) {
  if (Math.max(...probabilities) - Math.min(...probabilities) < alike) return { reason: "same" };
  if (likeness < 0.5 && (distance === null || distance > close)) return { reason: "unlike" };
  if (distance !== null && distance > farthest) return { reason: "far", distance, limit: farthest };
  if (probabilities[label] >= minConfidence) return null;
  return { reason: "hesitates", first: label, probability: probabilities[label], second, lower: probabilities[second] };
}

// What each neuron of the last hidden layer adds to the lead of the answer over the runner-up, like `Receipt.leads`.
function leadsOf({ weights, outputs }, hidden, logits) {
  const first = largest(logits);
  const second = largest(logits.map((logit, at) => (at === first ? -Infinity : logit)));
  return hidden.map((activation, at) => activation * (weights[at * outputs + first] - weights[at * outputs + second]));
}

// Classify a drawing, like `read`. `known` holds the likeness detector, the nearest digits and the rules.
export function read(drawing, network, { likeness, digits, rules }) {
  const { digit, isEmpty, problem } = drawing;
  const { logits, hidden } = forward(network, digit, 1);
  const probabilities = softmax(logits);
  const none = { label: null, confidence: 0, hidden: hidden.at(-1) ?? null, leads: null };
  if (!probabilities.every(Number.isFinite)) {
    return { ...none, probabilities: new Float64Array(10).fill(0.1), doubt: { reason: "overflow" } };
  }
  if (isEmpty) return { ...none, probabilities, doubt: { reason: "empty" } };
  const label = largest(probabilities);
  const second = largest(probabilities.map((probability, at) => (at === label ? -1 : probability)));
  const [alike, unlike] = forward(likeness, digit, 1).logits;
  const told = {
    probabilities, label, second, likeness: 1 / (1 + Math.exp(unlike - alike)),
    distance: distanceTo(digits, digit, rules.nearest),
  };
  const leads = none.hidden && leadsOf(network.layers.at(-1), none.hidden, logits);
  const doubt = problem ? { reason: problem } : doubtOf(told, rules);
  return { ...told, confidence: probabilities[label], hidden: none.hidden, leads, doubt };
}
