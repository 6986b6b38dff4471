// A sentence with a network's answer for one digit, from the server's data or at the point of the training slider, see
// training_slider.js.

import { element, fill, html, put } from "./elements.js";
import { largest } from "./network.js";
import { numeral, percent } from "./numbers.js";
import { announce } from "./speak.js";
import { _ } from "./words.js";

export default class AnswerSentence {
  constructor(parent, { signal }) {
    this.words = element("p", "digitviz-told", parent);
    window.addEventListener("digitviz:moment", ({ detail }) => this.show(detail), { signal });
  }

  rerun(data) {
    const isChosen = data.chosen !== (this.data?.chosen ?? 0);
    const before = this.data && this.words.textContent;
    this.data = data;
    this.show(null);
    const { textContent } = this.words;
    if (before !== undefined && before !== textContent) announce(textContent);
    if (isChosen) this.reveal();
  }

  show(moment) {
    const { pixels, label, ...now } = this.data;
    const { answer, probability, network } = moment ? this.at(moment, pixels) : now;
    if (!Number.isFinite(probability)) return this.words.replaceChildren(_("The numbers overflowed, so the network has no answer."));
    this.words.dataset.answer = answer;
    const fields = { label, network, probability: percent(probability) };
    const correct = _("Correct: {network} reads this {label} as {answer} ({probability}).");
    const words = answer === label ? correct : _("Wrong: {network} reads this {label} as {answer} ({probability}).");
    const [before, after] = words.split("{answer}").map((part) => fill(part, fields));
    put(this.words, html`${before}<strong>${answer}</strong>${after}`);
  }

  at(moment, pixels) {
    const row = moment.probabilitiesOf(pixels);
    const answer = largest(row);
    const before = moment.batch === 0 && _("the network before training");
    return { answer, probability: row[answer], network: before || _("the network after batch {number}", { number: numeral(moment.batch) }) };
  }

  // Move the focus to the sentence, because the chosen digit may disappear. Scroll up if it was chosen far below.
  reveal() {
    this.words.tabIndex = -1;
    this.words.focus({ preventScroll: true });
    const { top, bottom } = this.words.getBoundingClientRect();
    if (top >= 0 && bottom <= window.innerHeight) return;
    this.words.style.scrollMarginTop = "8rem"; // below the navigation and the title of the digit
    this.words.scrollIntoView({ block: "start" });
  }
}
