// The receipt of one decision: inputs x weights = contributions of a neuron, its sum and activation, the votes of the
// decisive neurons, logits and probabilities. The elements for one number in pictures, formulas and tables are one "part".
// Hovering over one element highlights the whole part, without requests to the server.

import { ARROWS, element, fill, shape } from "./elements.js";
import { percent, short } from "./numbers.js";
import { channels } from "./paint.js";
import { speak } from "./speak.js";

const TERMS = 6; // terms of the formula that are shown at first
const MARK = "data-part";

// A button that is found again after a rerun.
function button(key, parent, text, className = "") {
  const made = element("button", className, parent, text);
  made.dataset.key = key;
  return made;
}

const inPercent = (share) => percent(share, share > 0.0995 && share < 0.9995 ? 1 : 2);
const product = (one, other) => `${short(one)} × ${inBrackets(other)}`;
const inBrackets = (number) => (number < 0 ? `(${short(number)})` : short(number));

// A colour on a scale of evenly spaced colours. `place` ranges from 0 to 1.
function between(scale, place) {
  const at = Math.min(Math.max(place, 0), 1) * (scale.length - 1);
  const low = Math.min(Math.floor(at), scale.length - 2);
  const [from, to] = [channels(scale[low]), channels(scale[low + 1])];
  return `rgb(${from.map((value, number) => Math.round(value + (to[number] - value) * (at - low))).join(" ")})`;
}

const inEither = (scale, place) => `light-dark(${between(scale.light, place)}, ${between(scale.dark, place)})`;
const largest = (numbers) => Math.max(...numbers.map(Math.abs)) || 1;

export default class Receipt {
  constructor(parent) {
    this.div = element("div", "digitviz-receipt", parent);
    this.path = element("div", "path", this.div);
    this.pictures = element("div", "pictures", this.div);
    this.grids = element("div", "grids", this.pictures);
    Object.assign(this.grids, { tabIndex: 0, role: "img" });
    this.grids.addEventListener("keydown", (event) => this.press(event));
    this.grids.addEventListener("click", (event) => this.descend(this.placeOf(event.target)));
    this.steps = element("div", "steps", this.pictures);
    this.formula = element("div", "formula", this.div);
    this.readout = element("div", "readout", this.div);
    const folded = element("details", "", this.div);
    this.summary = element("summary", "", folded);
    const tables = element("div", "tables", folded);
    this.votes = element("table", "votes", tables);
    this.digits = element("table", "digits", tables);
    this.listen();
  }

  listen() {
    const partOf = (target) => target.closest?.(`[${MARK}]`)?.getAttribute(MARK) ?? null;
    this.div.addEventListener("pointerover", ({ target }) => this.light(partOf(target)));
    this.div.addEventListener("pointerleave", ({ pointerType }) => pointerType === "touch" || this.light(null));
    this.div.addEventListener("focusin", ({ target }) => {
      if (target !== this.grids && target.matches(":focus-visible")) this.lightByKeys(partOf(target));
    });
    this.div.addEventListener("focusout", () => this.byKeys && this.light(null));
  }

  rerun(data) {
    const held = this.div.contains(document.activeElement) ? document.activeElement.dataset.key : null;
    this.data = data;
    this.opened = data.opened;
    this.all = this.all && data.layer === this.layer;
    this.layer = data.layer;
    this.summary.textContent = data.said.table;
    this.showPath();
    this.showNeuron();
    this.showVotes();
    this.showDigits();
    this.light(null);
    if (held) this.div.querySelector(`[data-key="${held}"]`)?.focus();
  }

  get neuron() {
    return this.data.neurons.find(({ number }) => number === this.opened);
  }

  nameOf(number) {
    const { said, hidden, layer } = this.data;
    if (layer >= hidden) return fill(said.digit, { digit: number });
    return fill(said.neuron, { number: number + 1 });
  }

  inputName(place) {
    const { said, layer, ink } = this.data;
    if (ink) return fill(said.pixel, { row: Math.floor(place / 8) + 1, column: (place % 8) + 1 });
    return fill(said.below, { layer, number: place + 1 });
  }

  // Show the path from the first layer to the answer, one neuron per layer. Only with several hidden layers.
  showPath() {
    const { path, said, layer, label } = this.data;
    this.path.replaceChildren();
    this.path.hidden = path.length < 2;
    if (this.path.hidden) return;
    path.forEach((number, level) => {
      const opener = button(`path-${level}`, this.path, fill(said.below, { layer: level + 1, number: number + 1 }));
      Object.assign(opener, { ariaPressed: level === layer, onclick: () => this.open(level, number) });
      element("span", "", this.path, "→");
    });
    element("strong", "", this.path, label);
  }

  showNeuron() {
    const { said, inputs, ink, full, scales } = this.data;
    const { weights, sum } = this.neuron;
    this.contributions = inputs.map((input, place) => input * weights[place]);
    const name = this.nameOf(this.opened);
    const signed = (numbers) => {
      const most = largest(numbers);
      return (number) => inEither(scales.signed, (number / most + 1) / 2);
    };
    this.grids.replaceChildren();
    this.drawGrid(ink ? said.pixels : said.activations, inputs, ink ? (value) => inEither(scales.ink, value / full) : signed(inputs));
    element("span", "sign", this.grids, "×");
    this.drawGrid(fill(said.weights, { name }), weights, signed(weights));
    element("span", "sign", this.grids, "=");
    this.drawGrid(said.contributions, this.contributions, signed(this.contributions));
    this.grids.ariaLabel = fill(said.pictures, { name, sum: short(sum) });
    this.grids.dataset.key = "grids";
    this.showSteps();
    this.showFormula();
  }

  drawGrid(title, numbers, colour) {
    const columns = this.columns;
    const rows = Math.ceil(numbers.length / columns);
    const box = element("div", "grid", this.grids);
    element("span", "title", box, title);
    const viewBox = `-0.15 -0.15 ${columns + 0.3} ${Math.max(rows, 1) + 0.3}`;
    const picture = shape("svg", { viewBox, "aria-hidden": true }, box);
    numbers.forEach((number, place) => {
      const [x, y] = [place % columns, Math.floor(place / columns)];
      const cell = { x: x + 0.03, y: y + 0.03, width: 0.94, height: 0.94, [MARK]: `input-${place}` };
      shape("rect", cell, picture).style.fill = colour(number);
    });
  }

  get columns() {
    return this.data.ink ? 8 : Math.ceil(Math.sqrt(this.data.inputs.length));
  }

  // Show the steps from the contributions to the votes: sum, activation and its targets.
  showSteps() {
    const { said, layer, hidden, activation } = this.data;
    const { sum, activation: output, onward } = this.neuron;
    this.steps.replaceChildren();
    const line = (part, words, number) => {
      const made = element("div", "step", this.steps);
      made.setAttribute(MARK, part);
      element("span", "", made, words);
      element("b", "", made, short(number));
    };
    line("sum", layer < hidden ? said.sum : said.logit, sum);
    if (layer >= hidden) return;
    line(`activation-${layer}-${this.opened}`, `${activation}(${short(sum)})`, output);
    onward.forEach(({ to, weight, vote }, place) => {
      const words = layer === hidden - 1 ? fill(said.vote, { digit: to }) : fill(said.below, { layer: layer + 2, number: to + 1 });
      line(this.votePart(this.opened, place), `× ${inBrackets(weight)} ${words}`, vote);
    });
  }

  votePart(number, place) {
    return this.data.layer === this.data.hidden - 1 ? `vote-${number}-${place}` : "onward";
  }

  // Show the terms by size, without zeros.
  showFormula() {
    const { said, inputs } = this.data;
    const { weights, bias, sum } = this.neuron;
    const order = inputs.map((_, place) => place).filter((place) => this.contributions[place] !== 0);
    order.sort((one, other) => Math.abs(this.contributions[other]) - Math.abs(this.contributions[one]));
    const few = this.all ? order : order.slice(0, TERMS);
    this.formula.replaceChildren();
    this.formula.classList.toggle("all", Boolean(this.all));
    const add = (text, part, name = "term") => {
      const made = element("span", name, this.formula, text);
      if (part) made.setAttribute(MARK, part);
      return made;
    };
    few.forEach((place, number) => {
      if (number) add("+", null, "");
      add(product(inputs[place], weights[place]), `input-${place}`);
    });
    const rest = order.length - few.length;
    this.rest = null;
    if (rest > 0) {
      add("+", null, "");
      const others = order.slice(TERMS).reduce((total, place) => total + this.contributions[place], 0);
      this.rest = button("rest", this.formula, fill(said.rest, { count: rest, sum: short(others) }), "rest");
    } else if (order.length > TERMS) this.rest = button("rest", this.formula, said.fewer, "rest");
    if (this.rest) {
      this.rest.onclick = () => {
        this.all = !this.all;
        this.showFormula();
        this.rest.focus();
      };
    }
    if (bias !== null) {
      add("+", null, "");
      add(fill(said.bias, { bias: short(bias) }), "bias");
    }
    add("=", null, "");
    add(short(sum), "sum", "term total");
  }

  showVotes() {
    const { rows, others, biases, label, against, logits, said, layer, hidden } = this.data;
    this.votes.replaceChildren();
    this.votes.hidden = !rows.length;
    if (this.votes.hidden) return;
    const head = element("tr", "", element("thead", "", this.votes));
    element("th", "", head, said.neurons);
    for (const digit of [label, against]) element("th", "", head, fill(said.vote, { digit }));
    const body = element("tbody", "", this.votes);
    const most = largest(rows.flatMap(({ votes }) => votes));
    for (const { number, activation, weights, votes } of rows) {
      const row = element("tr", "", body);
      row.classList.toggle("opened", layer === hidden - 1 && number === this.opened);
      const opener = button(`neuron-${number}`, element("th", "", row), fill(said.neuron, { number: number + 1 }));
      opener.setAttribute(MARK, `activation-${hidden - 1}-${number}`);
      row.onclick = () => this.open(hidden - 1, number);
      votes.forEach((vote, place) => this.cell(row, `vote-${number}-${place}`, product(activation, weights[place]), vote, most));
    }
    const sums = (name, part, numbers) => {
      const row = element("tr", part === "logit" ? "total" : "", body);
      element("th", "", row, name);
      numbers.forEach((number, place) => {
        const named = part === "logit" ? `logit-${[label, against][place]}` : `${part}-${place}`;
        this.cell(row, named, "", number, 0);
      });
    };
    if (others) sums(fill(said.others, { count: others.count }), "others", others.votes);
    if (biases) sums(said.biases, "bias", biases);
    sums(said.logit, "logit", [logits[label], logits[against]]);
  }

  // Show a number with a bar from the middle. A bar for `most` fills half of the cell. 0 for no bar.
  cell(row, part, words, number, most) {
    const cell = element("td", most ? "signed" : "", row);
    cell.setAttribute(MARK, part);
    if (most) {
      const bar = element("span", number < 0 ? "bar less" : "bar more", cell);
      bar.style.width = `${(50 * Math.abs(number)) / most}%`;
      bar.style[number < 0 ? "right" : "left"] = "50%";
    }
    const shown = element("span", "numbers", cell);
    if (words) element("span", "", shown, `${words} =`);
    element("b", "", shown, short(number));
  }

  showDigits() {
    const { logits, probabilities, label, against, said, truth } = this.data;
    this.digits.replaceChildren();
    const head = element("tr", "", element("thead", "", this.digits));
    for (const name of [said.of_digit, said.logit, said.probability]) element("th", "", head, name);
    const body = element("tbody", "", this.digits);
    probabilities.forEach((probability, digit) => {
      const row = element("tr", digit === label ? "answer" : digit === against ? "against" : "", body);
      row.setAttribute(MARK, `logit-${digit}`);
      const marks = [digit === label && said.answer, digit === against && said.compared, digit === truth && said.truth];
      const chooser = button(`digit-${digit}`, element("th", "", row), digit);
      chooser.ariaLabel = [fill(said.digit, { digit }), ...marks.filter(Boolean)].join(said.comma);
      row.onclick = () => this.compare(digit);
      element("td", "", row, short(logits[digit]));
      const cell = element("td", "share", row);
      element("span", "bar", cell).style.width = `${100 * probability}%`;
      element("span", "numbers", cell, inPercent(probability));
    });
  }

  open(layer, number) {
    this.send("open", { layer, neuron: number });
    if (layer !== this.data.layer || number === this.opened) return;
    if (!this.data.neurons.some((neuron) => neuron.number === number)) return;
    this.opened = number;
    this.showNeuron();
    for (const row of this.votes.querySelectorAll("tbody tr")) {
      row.classList.toggle("opened", row.querySelector("button")?.dataset.key === `neuron-${number}`);
    }
  }

  compare(digit) {
    if (this.data.layer < this.data.hidden) {
      if (digit !== this.data.label && digit !== this.data.against) this.send("compare", digit);
    } else this.open(this.data.layer, digit);
  }

  // Open a neuron of the layer below, which is an input of this one.
  descend(place) {
    if (place !== null && this.data.layer > 0) this.open(this.data.layer - 1, place);
  }

  placeOf(target) {
    const part = target.closest?.(`[${MARK}^=input-]`)?.getAttribute(MARK);
    return part ? Number(part.slice("input-".length)) : null;
  }

  press(event) {
    const move = ARROWS[event.key];
    if (event.key === "Enter") return this.descend(this.chosen);
    if (event.key === "Escape") return this.light(null);
    if (!move || event.altKey || event.ctrlKey || event.metaKey) return;
    event.preventDefault();
    const [columns, count] = [this.columns, this.data.inputs.length];
    let to = 0;
    if (this.chosen !== null) {
      const column = (this.chosen % columns) + move[0];
      to = this.chosen + move[0] + move[1] * columns;
      if (column < 0 || column >= columns || to < 0 || to >= count) return;
    }
    this.lightByKeys(`input-${to}`);
  }

  lightByKeys(part) {
    this.light(part);
    this.byKeys = true;
  }

  light(part) {
    if (part === this.lit && part) return;
    this.lit = part;
    this.byKeys = false;
    for (const one of this.div.querySelectorAll(".lit")) one.classList.remove("lit");
    this.chosen = part?.startsWith("input-") ? Number(part.slice("input-".length)) : null;
    const all = part ? this.div.querySelectorAll(`[${MARK}="${part}"]`) : [];
    for (const one of all) {
      one.classList.add("lit");
      if (one.tagName === "rect") one.parentElement.append(one); // above its neighbours
    }
    // Highlight the rest of the formula for a pixel whose term is part of it.
    const isOfRest = this.chosen !== null && this.contributions[this.chosen] && ![...all].some((one) => one.matches(".term"));
    if (isOfRest) this.rest?.classList.add("lit");
    this.readout.textContent = part ? this.tell(part) : this.data.said.hint;
    if (part) speak(this.readout.textContent);
  }

  // Return a part as a formula with all its numbers.
  tell(part) {
    const { said, inputs, activation: bend, label, against, logits, biases, layer, hidden } = this.data;
    const { weights, sum, activation, bias, onward } = this.neuron;
    const [kind, ...numbers] = part.split("-");
    const [first, second] = numbers.map(Number);
    const pair = (name, equation) => fill(said.pair, { name, equation });
    if (kind === "input") {
      return pair(this.inputName(first), `${product(inputs[first], weights[first])} = ${short(this.contributions[first])}`);
    }
    if (kind === "sum") return fill(bias === null ? said.sum_of : said.sum_with_bias, { count: inputs.length, sum: short(sum) });
    if (kind === "onward") return `${product(activation, onward[0].weight)} = ${short(onward[0].vote)}`;
    if (kind === "activation") {
      const name = hidden > 1 ? fill(said.below, { layer: first + 1, number: second + 1 }) : fill(said.neuron, { number: second + 1 });
      if (first === layer && second === this.opened) return pair(name, `${bend}(${short(sum)}) = ${short(activation)}`);
      return pair(name, short(this.data.rows.find(({ number }) => number === second).activation));
    }
    if (kind === "vote") {
      const row = this.data.rows.find(({ number }) => number === first) ?? {
        activation, weights: onward.map(({ weight }) => weight), votes: onward.map(({ vote }) => vote),
      };
      const digit = [label, against][second];
      const equation = `${product(row.activation, row.weights[second])} = ${short(row.votes[second])}`;
      return pair(fill(said.neuron, { number: first + 1 }), `${equation} ${fill(said.vote, { digit })}`);
    }
    if (kind === "logit") return this.softmax(first);
    if (kind === "others") return fill(said.others_add, { count: this.data.others.count, digit: [label, against][first], sum: short(this.data.others.votes[first]) });
    if (kind === "bias") return fill(said.bias, { bias: short(numbers.length ? biases[first] : bias) });
    return "";
  }

  // Show the softmax as it is computed, with the largest logit subtracted first.
  softmax(digit) {
    const { logits, probabilities, said } = this.data;
    const most = Math.max(...logits);
    const total = logits.reduce((sum, logit) => sum + Math.exp(logit - most), 0);
    return fill(said.softmax, {
      digit, power: `e^(${short(logits[digit])} − ${inBrackets(most)})`, total: short(total), probability: inPercent(probabilities[digit]),
    });
  }
}
