// What is happening in a training: a sentence, the dead neurons, and the gap between training and test digits. They come with
// the page, and during training from live.js. The dead neurons at another point of the slider are counted here.

import { FLAT } from "./activations.js";
import { element } from "./elements.js";
import { numeral } from "./numbers.js";
import { announce } from "./speak.js";
import { _, listed } from "./words.js";

const EVERY = 3000; // milliseconds between two changes
const PLACES = { words: "what-is-happening", gap: "overfitting-gap", dead: "dead-neurons" };

const NAMED = 8; // limit for the dead neurons that are named, as in train/happening.py

// The dead hidden neurons of a point in training, each as its layer and number. The rule is that of training/faults.py: the
// derivative is 0 for all digits. But that needs the training digits, too, which are not here.
export const deadAt = ({ hidden, layers, labels, network }) => hidden.flatMap((values, layer) => {
  const [{ outputs }, isFlat] = [layers[layer], FLAT[network.activation]];
  const isDead = (neuron) => labels.every((_label, row) => isFlat(values[row * outputs + neuron]));
  return [...Array(outputs).keys()].filter(isDead).map((neuron) => `${hidden.length > 1 ? `${layer + 1}.` : ""}${neuron + 1}`);
});

export default class Happening {
  constructor(parent, { signal }) {
    this.div = element("div", "digitviz-happening", parent);
    this.div.digitvizHappening = this; // for live.js
    this.places = Object.entries(PLACES).map(([name, key]) => [name, element("p", `st-key-${key}`, this.div)]);
    window.addEventListener("digitviz:moment", ({ detail }) => this.follow(detail), { signal });
  }

  rerun({ isSchool, ...news }) {
    this.isSchool = isSchool;
    this.tell(news, true);
  }

  follow(moment) {
    this.elsewhere = moment && !moment.isLive ? moment : null;
    this.div.classList.toggle("elsewhere", Boolean(this.elsewhere));
    this.places[2][1].textContent = this.deadInWords();
  }

  deadInWords() {
    const { elsewhere, news } = this;
    if (this.isSchool) return "";
    if (!elsewhere?.hidden.length) return news?.dead;
    const [dead, count] = [deadAt(elsewhere), elsewhere.layers.slice(0, -1).reduce((sum, { outputs }) => sum + outputs, 0)];
    const which = listed([...dead.slice(0, NAMED), ...(dead.length > NAMED ? ["…"] : [])]);
    const fields = { dead: numeral(dead.length), which, count: numeral(count), tests: numeral(elsewhere.labels.length) };
    if (!dead.length) return _("Dead here on all {tests} test digits: none of {count}", fields);
    return elsewhere.hidden.length > 1
      ? _("Dead here on all {tests} test digits: {dead} of {count} (layer.neuron: {which})", fields)
      : _("Dead here on all {tests} test digits: {dead} of {count} ({which})", fields);
  }

  // Show the latest news, at most once in three seconds, but at once after a rerun, which answers a click. The numbers next to
  // the sentence change with it, so that they never contradict it.
  tell(news, isAtOnce = false) {
    this.news = news;
    if (isAtOnce) clearTimeout(this.later);
    if (isAtOnce || !this.later) this.say(isAtOnce);
  }

  // Put the sentence on the page. The answer to a click is announced by the page itself.
  say(isAnswer = false) {
    this.later = null;
    const { kind, words } = this.news;
    const isSaid = this.places[0][1].textContent === words;
    for (const [name, place] of this.places) place.textContent = name === "dead" ? this.deadInWords() : this.news[name === "gap" && this.isSchool ? "plain" : name];
    if (isSaid) return;
    if (!isAnswer && this.kind !== undefined && kind !== this.kind) announce(words);
    this.kind = kind;
    this.later = setTimeout(() => this.say(), EVERY);
  }

  remove() {
    clearTimeout(this.later);
  }
}
