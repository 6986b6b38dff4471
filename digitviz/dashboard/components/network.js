// A network's arithmetic, as `digitviz/networks` has it: what the browser computes must be what the server would say.
// Numbers come as float32 and are computed with in float64. Matrices are flat, row after row.

import { ACTIVATIONS } from "./activations.js"; // made by scripts.py of the table in activations.py

export const DIGITS = 10;

// Splits one vector, weights first, into layers: as `Parameters.from_vector`.
export function layersOf(vector, shapes, hasBias) {
  let at = 0;
  const take = (size) => vector.subarray(at, (at += size));
  const layers = shapes.map(([inputs, outputs]) => ({ inputs, outputs, weights: take(inputs * outputs), biases: null }));
  if (hasBias) for (const layer of layers) layer.biases = take(layer.outputs);
  return layers;
}

// Runs `count` digits through the network; returns the logits, and the activations of each hidden layer.
export function forward({ layers, activation, factor }, pixels, count) {
  let inputs = new Float64Array(count * layers[0].inputs);
  for (let at = 0; at < inputs.length; at += 1) inputs[at] = pixels[at] * factor;
  const activate = ACTIVATIONS[activation];
  const hidden = [];
  for (const [number, layer] of layers.entries()) {
    const outputs = multiplied(inputs, layer, count);
    if (number === layers.length - 1) return { logits: outputs, hidden };
    for (let at = 0; at < outputs.length; at += 1) outputs[at] = activate(outputs[at]);
    inputs = outputs;
    hidden.push(inputs);
  }
  return null; // there is no network without a layer
}

// Thousands of digits for each frame of the screen: arrays of one type, by one index, are four times as quick.
function multiplied(inputs, { inputs: width, outputs, weights: single, biases }, count) {
  const weights = new Float64Array(single);
  const sums = new Float64Array(count * outputs);
  for (let row = 0, at = 0, first = 0; row < count; row += 1, first += outputs) {
    for (let place = 0; place < width; place += 1, at += 1) {
      const value = inputs[at];
      if (value === 0) continue; // half of all pixels, and what ReLU cuts off
      for (let output = 0, from = place * outputs; output < outputs; output += 1, from += 1) {
        sums[first + output] += value * weights[from];
      }
    }
    if (biases) for (let output = 0; output < outputs; output += 1) sums[first + output] += biases[output];
  }
  return sums;
}

export function softmax(logits) {
  const probabilities = new Float64Array(logits.length);
  for (let from = 0; from < logits.length; from += DIGITS) {
    const row = logits.subarray(from, from + DIGITS);
    const largest = Math.max(...row);
    const powers = row.map((logit) => Math.exp(logit - largest));
    const sum = powers.reduce((all, power) => all + power, 0);
    for (let digit = 0; digit < DIGITS; digit += 1) probabilities[from + digit] = powers[digit] / sum;
  }
  return probabilities;
}

// The place of the largest of ten, the first of equal ones; that of the first that is no number, as numpy has it.
export function largest(row) {
  let best = 0;
  for (let digit = 0; digit < DIGITS; digit += 1) {
    if (Number.isNaN(row[digit])) return digit;
    if (row[digit] > row[best]) best = digit;
  }
  return best;
}

export function answers(logits) {
  const count = logits.length / DIGITS;
  return Array.from({ length: count }, (_, row) => largest(logits.subarray(row * DIGITS, (row + 1) * DIGITS)));
}

// One row per true digit, one column per answer.
export function confusionMatrix(labels, answered) {
  const counts = Array.from({ length: DIGITS }, () => new Array(DIGITS).fill(0));
  answered.forEach((answer, row) => (counts[labels[row]][answer] += 1));
  return counts;
}

// Mean loss per digit.
export const LOSSES = {
  squared_error: (logits, probabilities, labels) =>
    probabilities.reduce((all, p, at) => all + (p - (labels[Math.floor(at / DIGITS)] === at % DIGITS)) ** 2, 0) /
    labels.length,
  cross_entropy: (logits, probabilities, labels) => {
    const one = (label, row) => {
      const of = logits.subarray(row * DIGITS, (row + 1) * DIGITS);
      const most = Math.max(...of);
      return most + Math.log(of.reduce((all, logit) => all + Math.exp(logit - most), 0)) - of[label];
    };
    return labels.reduce((all, label, row) => all + one(label, row), 0) / labels.length;
  },
};

// The digit that each neuron of the first layer supports most: as `votes` in explanations/neurons.py.
export function votes(layers) {
  if (layers.length < 2) return null;
  let reached = layers.at(-1).weights;
  for (const layer of layers.slice(1, -1).reverse()) {
    reached = multiplied(new Float64Array(layer.weights), { inputs: layer.outputs, outputs: DIGITS, weights: reached }, layer.inputs);
  }
  return answers(Float64Array.from(reached));
}
