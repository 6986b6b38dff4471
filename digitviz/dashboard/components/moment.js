// A point in training that pictures can show, from the training slider or from the stream.

import { answers, confusionMatrix, forward, softmax, strongest, votes } from "./network.js";

// Results that are computed only when they are first read.
function lazily(kind, results) {
  for (const [name, compute] of Object.entries(results)) {
    Object.defineProperty(kind.prototype, name, { get() { return this.keep(name, compute(this)); } });
  }
}

// Results of a network for digits.
export class Reading {
  constructor(network, { pixels, labels }) {
    Object.assign(this, { network, pixels, labels });
  }

  keep(name, value) {
    Object.defineProperty(this, name, { value });
    return value;
  }
}
lazily(Reading, {
  passed: ({ network, pixels, labels }) => forward(network, pixels, labels.length),
  logits: ({ passed }) => passed.logits,
  hidden: ({ passed }) => passed.hidden,
  probabilities: ({ logits }) => softmax(logits),
  answers: ({ logits }) => answers(logits),
  confusion: (reading) => confusionMatrix(reading.labels, reading.answers),
});

// A point in training, with the network's results for the test digits and for other digits.
export class Moment extends Reading {
  constructor(training, { layers, batch = null, words = "", sets = new Map(), serial, step, isLive = false }) {
    super({ layers, activation: training.activation, factor: training.factor }, training);
    this.initial = training.initial;
    Object.assign(this, { layers, batch, words, sets, serial, step, isLive, readings: new Map() });
  }

  get accuracy() {
    return this.answers.filter((answer, row) => answer === this.labels[row]).length / this.labels.length;
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
lazily(Moment, {
  votes: ({ layers }) => votes(layers),
  shown: ({ layers }) => strongest(layers), // the neurons of each hidden layer that the picture of the whole network shows
});
