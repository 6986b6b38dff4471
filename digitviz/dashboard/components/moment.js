// A point in training that pictures can show, from the training slider or from the stream.

import { LOSSES, answers, confusionMatrix, forward, softmax, strongest, votes } from "./network.js";

// Results of a network for digits, computed only when they are read.
export class Reading {
  constructor(network, { pixels, labels }) {
    Object.assign(this, { network, pixels, labels });
  }

  get passed() {
    return this.keep("passed", forward(this.network, this.pixels, this.labels.length));
  }

  get logits() {
    return this.keep("logits", this.passed.logits);
  }

  get hidden() {
    return this.keep("hidden", this.passed.hidden);
  }

  get probabilities() {
    return this.keep("probabilities", softmax(this.logits));
  }

  get answers() {
    return this.keep("answers", answers(this.logits));
  }

  get confusion() {
    return this.keep("confusion", confusionMatrix(this.labels, this.answers));
  }

  keep(name, value) {
    Object.defineProperty(this, name, { value });
    return value;
  }
}

// A point in training, with the network's results for the test digits and for other digits.
export class Moment extends Reading {
  constructor(training, { layers, batch = null, words = "", ofWeights = "", sets = new Map(), serial, step, isLive = false }) {
    super({ layers, activation: training.activation, factor: training.factor }, training);
    this.initial = training.initial;
    this.lossOf = LOSSES[training.lossName];
    Object.assign(this, { layers, batch, words, wordsOfWeights: ofWeights, sets, serial, step, isLive, readings: new Map() });
  }

  get votes() {
    return this.keep("votes", votes(this.layers));
  }

  // The neurons of each hidden layer that the picture of the whole network shows.
  get shown() {
    return this.keep("shown", strongest(this.layers));
  }

  get accuracy() {
    return this.answers.filter((answer, row) => answer === this.labels[row]).length / this.labels.length;
  }

  get loss() {
    return this.lossOf(this.logits, this.probabilities, this.labels);
  }

  // Return the results for the digits with this id. undefined until the digits have arrived.
  of(id) {
    if (!this.readings.has(id) && this.sets.has(id)) this.readings.set(id, new Reading(this.network, this.sets.get(id)));
    return this.readings.get(id);
  }

  // Return the probabilities of any digits, 64 pixels each.
  probabilitiesOf(pixels) {
    return softmax(forward(this.network, Float32Array.from(pixels), pixels.length / 64).logits);
  }
}
