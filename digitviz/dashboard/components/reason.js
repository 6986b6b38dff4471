// One reason for an answer: the part of a drawing whose change matters most. Every candidate is tried on the network:
// a closed loop is opened on one side, a part with ink is emptied, or an empty part is filled.

import { between, SIDE } from "./elements.js";
import { forward, largest, softmax } from "./network.js";
import { sureness } from "./numbers.js";
import { BLOCK, blocksOf, CELLS } from "./reading.js";
import { _, joined } from "./words.js";

const FULL = BLOCK * BLOCK; // ink of a full pixel
const MIN_HOLE = 8; // cells of the bitmap, half a pixel of the digit; the network hardly sees smaller holes
const MIN_FALL = 0.1; // of the probability of the answer, if the answer stays the same
const GUESS = 0.2; // probability of the answer below which the network only guesses, since 0.1 is chance
const THIRDS = [[0, 3], [3, 5], [5, 8]]; // rows and columns of the digit, without the end
const NAMES = [["top left", "top", "top right"], ["left", "middle", "right"], ["bottom left", "bottom", "bottom right"]];
const DIRECTIONS = { top: [-1, 0], right: [0, 1], bottom: [1, 0], left: [0, -1] };
const KINDS = ["loop", "ink", "empty"]; // best first

// Parts of the background of a square bitmap that ink encloses: lists of cells.
function holesOf(bitmap, size) {
  const seen = Uint8Array.from(bitmap);
  const steps = Object.values(DIRECTIONS);
  const holes = [];
  for (let start = 0; start < seen.length; start += 1) {
    if (seen[start]) continue;
    const cells = [start];
    let isOpen = false;
    seen[start] = 1;
    for (let at = 0; at < cells.length; at += 1) {
      const [row, column] = [Math.floor(cells[at] / size), cells[at] % size];
      for (const [down, across] of steps) {
        const [y, x] = [row + down, column + across];
        if (y < 0 || x < 0 || y >= size || x >= size) isOpen = true;
        else if (!seen[y * size + x]) {
          seen[y * size + x] = 1;
          cells.push(y * size + x);
        }
      }
    }
    if (!isOpen) holes.push(cells);
  }
  return holes;
}

function boundsOf(cells, size) {
  const rows = cells.map((cell) => Math.floor(cell / size));
  const columns = cells.map((cell) => cell % size);
  return [Math.min(...rows), Math.min(...columns), Math.max(...rows) + 1, Math.max(...columns) + 1];
}

// Holes of the bitmap that are also closed on the pad, where a gap may be too small for the bitmap.
function closedHoles({ bitmap, ink, size, box }) {
  const holes = holesOf(bitmap, CELLS).filter((hole) => hole.length >= MIN_HOLE);
  if (!holes.length) return [];
  const scale = CELLS / (box[2] - box[0]);
  const drawn = holesOf(ink, size).map((hole) => {
    const [top, , bottom] = boundsOf(hole, size);
    return { middle: ((top + bottom) / 2 - box[0]) * scale, area: hole.length * scale * scale };
  });
  return holes.filter((hole) => {
    const [top, , bottom] = boundsOf(hole, CELLS);
    return drawn.some(({ middle, area }) => middle > top && middle < bottom && area > MIN_HOLE / 4);
  });
}

// Erase one side of a loop: the first stroke that each cell of the hole meets in a direction. null if the hole stays closed.
function opened(bitmap, hole, [down, across]) {
  const changed = bitmap.slice();
  for (const cell of hole) {
    let [row, column] = [Math.floor(cell / CELLS) + down, (cell % CELLS) + across];
    for (; row >= 0 && row < CELLS && column >= 0 && column < CELLS; row += down, column += across) {
      if (!bitmap[row * CELLS + column]) break;
      changed[row * CELLS + column] = 0;
    }
  }
  return holesOf(changed, CELLS).some((left) => left.includes(hole[0])) ? null : changed;
}

function loops(drawing) {
  const { bitmap } = drawing;
  return closedHoles(drawing).flatMap((hole) => {
    const [top, left, bottom, right] = boundsOf(hole, CELLS);
    const isTall = bottom - top > CELLS / 2;
    const place = isTall ? "whole" : (top + bottom) / 2 < CELLS / 2 ? "top" : "bottom";
    const ends = [...[top, left].map((edge) => Math.floor(edge / BLOCK) - 1), ...[bottom, right].map((edge) => Math.ceil(edge / BLOCK) + 1)];
    const frame = ends.map((edge) => between(edge, 0, SIDE)); // whole pixels, with the stroke around the hole
    return Object.entries(DIRECTIONS).flatMap(([side, direction]) => {
      const changed = opened(bitmap, hole, direction);
      return changed ? [{ kind: "loop", place, side, frame, digit: blocksOf(changed) }] : [];
    });
  });
}

function parts({ digit }) {
  return THIRDS.flatMap(([top, bottom], row) => THIRDS.map(([left, right], column) => {
    const isInside = (at) => at >= top * SIDE && at < bottom * SIDE && at % SIDE >= left && at % SIDE < right;
    const inked = [...digit.keys()].filter((at) => digit[at] && isInside(at));
    const changed = digit.map((ink, at) => (isInside(at) ? (inked.length ? 0 : FULL) : ink));
    const [kind, frame] = inked.length ? ["ink", boundsOf(inked, SIDE)] : ["empty", [top, left, bottom, right]]; // only what is inked
    return { kind, place: NAMES[row][column], frame, digit: changed };
  }));
}

// The change of a drawing that takes most from the answer, or null if none changes the answer or takes enough from it, or the
// answer is only a guess.
//
// The result has the kind of change, its place, its frame in pixels of the digit, the new answer, and the probability
// that is left for the old one. A change of the answer comes before a fall of its probability, and a loop before parts.
export function reasonFor(drawing, network, { label, probabilities }) {
  if (probabilities[label] < GUESS) return null;
  const rank = ({ kind, becomes, left }) => [Number(becomes === label), KINDS.indexOf(kind), left];
  const compared = (one, other) => rank(one).map((value, at) => value - rank(other)[at]).find(Boolean) ?? 0;
  return [...loops(drawing), ...parts(drawing)]
    .map((change) => {
      const now = softmax(forward(network, change.digit, 1).logits);
      return { ...change, becomes: largest(now), left: now[label] };
    })
    .filter(({ becomes, left }) => becomes !== label || probabilities[label] - left >= MIN_FALL)
    .sort(compared)[0] ?? null;
}

const wordsForPlaces = () => ({
  "top left": _("at the top left"), top: _("at the top"), "top right": _("at the top right"),
  left: _("on the left"), middle: _("in the middle"), right: _("on the right"),
  "bottom left": _("at the bottom left"), bottom: _("at the bottom"), "bottom right": _("at the bottom right"),
});
const wordsForLoops = () => ({ top: _("the framed upper loop"), bottom: _("the framed lower loop"), whole: _("the framed loop") });

const because = (kind, fields) => ({
  loop: _("It says {digit}: {loop} is closed.", fields),
  ink: _("It says {digit}, mostly because of the framed pixels {place}.", fields),
  empty: _("It says {digit}, mostly because the frame {place} is empty.", fields),
})[kind];
// What changes without it: the answer, or how sure it is.
const otherwise = (kind, isOther, fields) => ({
  loop: isOther ? _("If it were open {side}, it would say {other}.", fields) : _("If it were open {side}, it would be only {after} sure, not {before}.", fields),
  ink: isOther ? _("If they were empty, it would say {other}.", fields) : _("If they were empty, it would be only {after} sure, not {before}.", fields),
  empty: isOther ? _("If all of it were ink, it would say {other}.", fields) : _("If all of it were ink, it would be only {after} sure, not {before}.", fields),
})[kind];

// The sentences about the reason for an answer. For an example, without the second: a visitor can find out by drawing.
export function reasonWords(reading, reason, isExample = false) {
  const digit = reading.label;
  const sure = reading.probabilities[digit];
  if (!reason) {
    const fields = { digit, sure: sureness(sure) };
    if (sure < GUESS) return _("It says {digit}, but that is a guess: even this digit gets only {sure}.", fields);
    return _("It says {digit}, and no single part decides: empty or fill any one of nine, and it still says {digit}.", fields);
  }
  const { kind, place, side, becomes, left } = reason;
  const [before, after] = [sure, left].map(sureness);
  const places = wordsForPlaces();
  const fields = { digit, place: places[place], loop: wordsForLoops()[place], side: places[side], other: becomes, before, after };
  return joined([because(kind, fields), ...(isExample ? [] : [otherwise(kind, becomes !== digit, fields)])]);
}
