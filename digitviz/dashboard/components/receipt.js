// The receipt of one decision: inputs x weights = contributions of a neuron, its sum and activation, the votes of the
// decisive neurons, logits and probabilities. The elements for one number in pictures, formulas and tables are one "part".
// Hovering over one element highlights the whole part, and says its formula, without requests to the server.

import { ARROWS, between, built, html, put, reach } from "./elements.js";
import { percent, short } from "./numbers.js";
import { speak } from "./speak.js";
import { _, listed } from "./words.js";

const TERMS = 6; // terms of the formula that are shown at first
const PLUS = html`<span>+</span>`;
const MARKUP = html`
  <div class="path"></div>
  <div class="pictures"><div class="grids" tabindex="0" role="img" data-key="grids"></div><div class="steps"></div></div>
  <div class="formula"></div>
  <div class="readout"></div>
  <details><summary></summary><div class="tables"><table class="votes"></table><table class="digits"></table></div></details>`;

const inPercent = (share) => percent(share, share > 0.0995 && share < 0.9995 ? 1 : 2);
const product = (one, other) => `${short(one)} × ${inBrackets(other)}`;
const inBrackets = (number) => (number < 0 ? `(${short(number)})` : short(number));
const partOf = (target) => target.closest?.("[data-part]")?.dataset.part ?? null;
const inputOf = (part) => (part?.startsWith("input-") ? Number(part.slice("input-".length)) : null);

// A colour on a scale of evenly spaced colours. `place` ranges from 0 to 1.
function colourAt(scale, place) {
  const at = between(place, 0, 1) * (scale.length - 1);
  const low = Math.min(Math.floor(at), scale.length - 2);
  return `color-mix(in srgb, ${scale[low + 1]} ${100 * (at - low)}%, ${scale[low]})`;
}

const inEither = (scale, place) => `light-dark(${colourAt(scale.light, place)}, ${colourAt(scale.dark, place)})`;

// Attributes of an element that belongs to a part: a number and where it comes from.
const mark = (name, says) => html`data-part="${name}" data-says="${says}"`;

// A cell with a number and a bar from the middle. A bar for `most` fills half of the cell. 0 for no bar.
function cellOf(marked, number, most = 0, words = "") {
  const bar = html`<span class="bar ${number < 0 ? "less" : "more"}"
    style="width: ${(50 * Math.abs(number)) / most}%; ${number < 0 ? "right" : "left"}: 50%"></span>`;
  return html`<td class="${most ? "signed" : ""}" ${marked}>${most ? bar : ""}<span class="numbers">
    ${words && html`<span>${words} =</span>`}<b>${short(number)}</b></span></td>`;
}

export default class Receipt {
  constructor(parent) {
    Object.assign(this, built(parent, "digitviz-receipt", MARKUP));
    this.grids.addEventListener("keydown", (event) => this.press(event));
    this.div.addEventListener("click", ({ target }) => this.click(target));
    this.div.addEventListener("pointerover", ({ target }) => this.light(partOf(target)));
    this.div.addEventListener("pointerleave", ({ pointerType }) => pointerType === "touch" || this.light(null));
    this.div.addEventListener("focusin", ({ target }) => {
      if (target !== this.grids && target.matches(":focus-visible")) this.lightByKeys(partOf(target));
    });
    this.div.addEventListener("focusout", () => this.byKeys && this.light(null));
  }

  rerun(data) {
    this.all = this.all && data.layer === this.data.layer;
    Object.assign(this, { data, opened: data.opened });
    this.div.querySelector("summary").textContent = _("All votes and probabilities. Select a neuron to open it, or a digit to compare with it.");
    this.show();
    this.light(null);
  }

  // Show everything. What has the focus keeps it.
  show() {
    const { data, opened } = this;
    const held = this.div.contains(document.activeElement) && document.activeElement.dataset.key;
    this.neuron = data.neurons.find(({ number }) => number === opened);
    this.contributions = data.inputs.map((input, place) => input * this.neuron.weights[place]);
    this.path.hidden = data.path.length < 2; // only with several hidden layers
    this.votes.hidden = !data.rows.length;
    put(this.path, this.path.hidden ? html`` : this.pathOf());
    put(this.grids, this.gridsOf());
    this.grids.ariaLabel = _("Inputs of {name}, its weights, and the contribution of each input: {sum} in total. Use the arrow keys to choose an input.", { name: this.nameOf(opened), sum: short(this.neuron.sum) });
    put(this.steps, this.stepsOf());
    put(this.votes, this.votes.hidden ? html`` : this.votesOf());
    put(this.digits, this.digitsOf());
    this.showFormula();
    if (held) this.div.querySelector(`[data-key="${held}"]`)?.focus();
    this.lit = null;
  }

  nameOf(number) {
    const { hidden, layer } = this.data;
    return layer >= hidden ? _("digit {digit}", { digit: number }) : _("neuron {number}", { number: number + 1 });
  }

  below(layer, number) {
    return _("layer {layer}, neuron {number}", { layer: layer + 1, number: number + 1 });
  }

  pair(name, equation) {
    return _("{name}: {equation}", { name, equation });
  }

  // The path from the first layer to the answer, one neuron per layer.
  pathOf() {
    const { path, layer, label } = this.data;
    const openers = path.map((number, level) => html`
      <button data-key="path-${level}" data-opens="${level} ${number}" aria-pressed="${String(level === layer)}">${this.below(level, number)}</button>
      <span>→</span>`);
    return html`${openers}<strong>${label}</strong>`;
  }

  markInput(place) {
    const { inputs, layer, ink } = this.data;
    const pixel = () => _("row {row}, column {column}", { row: Math.floor(place / 8) + 1, column: (place % 8) + 1 });
    const equation = `${product(inputs[place], this.neuron.weights[place])} = ${short(this.contributions[place])}`;
    return mark(`input-${place}`, this.pair(ink ? pixel() : this.below(layer - 1, place), equation));
  }

  gridsOf() {
    const { inputs, ink, full, scales } = this.data;
    const { contributions, neuron: { weights } } = this;
    const signed = (numbers) => {
      const most = reach(numbers) || 1;
      return (number) => inEither(scales.signed, (number / most + 1) / 2);
    };
    const ofInputs = ink ? (value) => inEither(scales.ink, value / full) : signed(inputs);
    const names = [ink ? _("pixels") : _("activations of the layer below"), _("weights of {name}", { name: this.nameOf(this.opened) }), _("contributions")];
    return html`${this.gridOf(names[0], inputs, ofInputs)}<span class="sign">×</span>
      ${this.gridOf(names[1], weights, signed(weights))}<span class="sign">=</span>
      ${this.gridOf(names[2], contributions, signed(contributions))}`;
  }

  gridOf(title, numbers, colour) {
    const { columns } = this;
    const rows = Math.max(1, Math.ceil(numbers.length / columns));
    const cells = numbers.map((number, place) => html`<rect x="${(place % columns) + 0.03}" y="${Math.floor(place / columns) + 0.03}"
      width="0.94" height="0.94" style="fill: ${colour(number)}" ${this.markInput(place)} />`);
    return html`<div class="grid"><span class="title">${title}</span>
      <svg viewBox="-0.15 -0.15 ${columns + 0.3} ${rows + 0.3}" aria-hidden="true">${cells}</svg></div>`;
  }

  get columns() {
    return this.data.ink ? 8 : Math.ceil(Math.sqrt(this.data.inputs.length));
  }

  markSum() {
    const { inputs } = this.data;
    const { bias, sum } = this.neuron;
    const fields = { count: inputs.length, sum: short(sum) };
    const ofInputs = bias === null && _("{count} contributions add up to {sum}", fields);
    return mark("sum", ofInputs || _("{count} contributions and the bias add up to {sum}", fields));
  }

  // The activation of the opened neuron, or of another of the last hidden layer.
  markActivation(layer, number, activation) {
    const { hidden, activation: bend } = this.data;
    const name = hidden > 1 ? this.below(layer, number) : _("neuron {number}", { number: number + 1 });
    const isOpened = layer === this.data.layer && number === this.opened;
    const equation = isOpened ? `${bend}(${short(this.neuron.sum)}) = ${short(activation)}` : short(activation);
    return mark(`activation-${layer}-${number}`, this.pair(name, equation));
  }

  markVote(number, place, activation, weight, vote) {
    const { label, against } = this.data;
    const equation = `${product(activation, weight)} = ${short(vote)} ${_("for the {digit}", { digit: [label, against][place] })}`;
    return mark(`vote-${number}-${place}`, this.pair(_("neuron {number}", { number: number + 1 }), equation));
  }

  // The steps from the contributions to the votes: sum, activation and its targets.
  stepsOf() {
    const { layer, hidden, activation: bend } = this.data;
    const { sum, activation, onward } = this.neuron;
    const line = (marked, words, number) => html`<div class="step" ${marked}><span>${words}</span><b>${short(number)}</b></div>`;
    const ofSum = line(this.markSum(), layer < hidden ? _("sum") : _("logit"), sum);
    if (layer >= hidden) return ofSum;
    const isLast = layer === hidden - 1;
    const votes = onward.map(({ to, weight, vote }, place) => {
      const words = isLast ? _("for the {digit}", { digit: to }) : this.below(layer + 1, to);
      const marked = isLast
        ? this.markVote(this.opened, place, activation, weight, vote)
        : mark("onward", `${product(activation, weight)} = ${short(vote)}`);
      return line(marked, `× ${inBrackets(weight)} ${words}`, vote);
    });
    return html`${ofSum}${line(this.markActivation(layer, this.opened, activation), `${bend}(${short(sum)})`, activation)}${votes}`;
  }

  // Show the terms by size, without zeros.
  showFormula() {
    const { inputs } = this.data;
    const { contributions, neuron: { weights, bias, sum } } = this;
    const order = [...contributions.keys()].filter((place) => contributions[place] !== 0);
    order.sort((one, other) => Math.abs(contributions[other]) - Math.abs(contributions[one]));
    const few = this.all ? order : order.slice(0, TERMS);
    const others = order.slice(few.length);
    const terms = few.map((place) => html`<span class="term" ${this.markInput(place)}>${product(inputs[place], weights[place])}</span>`);
    const toggle = (words) => html`<button class="rest" data-key="rest">${words}</button>`;
    const left = others.reduce((total, place) => total + contributions[place], 0);
    if (others.length) terms.push(toggle(_("{count} more: {sum}", { count: others.length, sum: short(left) })));
    else if (order.length > TERMS) terms.push(html`${terms.pop()}${toggle(_("show fewer"))}`);
    const ofBias = bias !== null && _("bias {bias}", { bias: short(bias) });
    if (ofBias) terms.push(html`<span class="term" ${mark("bias", ofBias)}>${ofBias}</span>`);
    const summed = terms.map((term, place) => (place ? html`${PLUS}${term}` : term));
    this.formula.classList.toggle("all", Boolean(this.all));
    put(this.formula, html`${summed}<span>=</span><span class="term total" ${this.markSum()}>${short(sum)}</span>`);
  }

  votesOf() {
    const { rows, others, biases, label, against, logits, layer, hidden } = this.data;
    const digits = [label, against];
    const most = reach(...rows.map(({ votes }) => votes)) || 1;
    const lines = rows.map(({ number, activation, weights, votes }) => html`
      <tr class="${layer === hidden - 1 && number === this.opened ? "opened" : ""}" data-opens="${hidden - 1} ${number}">
        <th><button data-key="neuron-${number}" ${this.markActivation(hidden - 1, number, activation)}>${_("neuron {number}", { number: number + 1 })}</button></th>
        ${votes.map((vote, place) =>
          cellOf(this.markVote(number, place, activation, weights[place], vote), vote, most, product(activation, weights[place])))}
      </tr>`);
    const line = (name, numbers, marks) => html`<tr><th>${name}</th>${numbers.map((number, place) => cellOf(marks(place), number))}</tr>`;
    const ofOthers = (place) =>
      mark(`others-${place}`, _("The votes of the other neurons ({count}) for the {digit} add up to {sum}.", { count: others.count, digit: digits[place], sum: short(others.votes[place]) }));
    const ofBias = (place) => mark(`bias-${place}`, _("bias {bias}", { bias: short(biases[place]) }));
    const nameOfOthers = others && _("others ({count})", { count: others.count });
    return html`<thead><tr><th>${_("decisive neurons")}</th>${digits.map((digit) => html`<th>${_("for the {digit}", { digit })}</th>`)}</tr></thead>
      <tbody>${lines}${others && line(nameOfOthers, others.votes, ofOthers)}
      ${biases && line(_("bias"), biases, ofBias)}
      <tr class="total"><th>${_("logit")}</th>${digits.map((digit) => cellOf(this.markLogit(digit), logits[digit]))}</tr></tbody>`;
  }

  digitsOf() {
    const { logits, probabilities, label, against, truth } = this.data;
    const lines = probabilities.map((probability, digit) => {
      const marks = [digit === label && _("the answer"), digit === against && _("compared with"), digit === truth && _("the label")];
      const name = listed([_("digit {digit}", { digit }), ...marks.filter(Boolean)]);
      return html`<tr class="${digit === label ? "answer" : digit === against ? "against" : ""}" data-compares="${digit}" ${this.markLogit(digit)}>
        <th><button data-key="digit-${digit}" aria-label="${name}">${digit}</button></th><td>${short(logits[digit])}</td>
        <td class="share"><span class="bar" style="width: ${100 * probability}%"></span><span class="numbers">${inPercent(probability)}</span></td></tr>`;
    });
    const heads = [_("digit"), _("logit"), _("probability")].map((name) => html`<th>${name}</th>`);
    return html`<thead><tr>${heads}</tr></thead><tbody>${lines}</tbody>`;
  }

  // The softmax as it is computed, with the largest logit subtracted first.
  markLogit(digit) {
    const { logits, probabilities } = this.data;
    const most = Math.max(...logits);
    const total = logits.reduce((sum, logit) => sum + Math.exp(logit - most), 0);
    const power = `e^(${short(logits[digit])} − ${inBrackets(most)})`;
    return mark(`logit-${digit}`, _("{digit}: {power} / {total} = {probability}", { digit, power, total: short(total), probability: inPercent(probabilities[digit]) }));
  }

  click(target) {
    const { opens, compares } = target.closest("[data-opens], [data-compares]")?.dataset ?? {};
    if (opens) this.open(...opens.split(" ").map(Number));
    else if (compares) this.compare(Number(compares));
    else if (target.closest(".rest")) {
      this.all = !this.all;
      this.showFormula();
      this.formula.querySelector(".rest").focus();
    } else if (this.grids.contains(target)) this.descend(inputOf(partOf(target)));
  }

  open(layer, number) {
    this.send("open", { layer, neuron: number });
    if (layer !== this.data.layer || number === this.opened) return;
    if (!this.data.neurons.some((neuron) => neuron.number === number)) return;
    const { lit } = this;
    this.opened = number;
    this.show();
    this.light(lit);
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
    this.chosen = inputOf(part);
    const all = part ? [...this.div.querySelectorAll(`[data-part="${part}"]`)] : [];
    for (const one of all) {
      one.classList.add("lit");
      if (one.tagName === "rect") one.parentElement.append(one); // above its neighbours
    }
    // Highlight the rest of the formula for a pixel whose term is part of it.
    const isOfRest = this.chosen !== null && this.contributions[this.chosen] && !all.some((one) => one.matches(".term"));
    if (isOfRest) this.formula.querySelector(".rest")?.classList.add("lit");
    this.readout.textContent = part ? (all[0]?.dataset.says ?? "") : _("Hover over a pixel or a number, or select it, to highlight what belongs to it.");
    if (part) speak(this.readout.textContent);
  }
}
