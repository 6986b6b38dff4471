// What is happening in a training: a sentence, the dead neurons, and the gap between training and test digits. They come with
// the page, and during training from live.js.

import { element } from "./elements.js";
import { announce } from "./speak.js";

const EVERY = 3000; // milliseconds between two changes
const PLACES = { words: "what-is-happening", dead: "dead-neurons", gap: "overfitting-gap" };

export default class Happening {
  constructor(parent, { signal }) {
    this.div = element("div", "digitviz-happening", parent);
    this.div.digitvizHappening = this; // for live.js
    this.places = Object.entries(PLACES).map(([name, key]) => [name, element("p", `st-key-${key}`, this.div)]);
    const follow = ({ detail }) => this.div.classList.toggle("elsewhere", Boolean(detail && !detail.isLive));
    window.addEventListener("digitviz:moment", follow, { signal });
  }

  rerun(news) {
    this.tell(news, true);
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
    for (const [name, place] of this.places) place.textContent = this.news[name];
    if (isSaid) return;
    if (!isAnswer && this.kind !== undefined && kind !== this.kind) announce(words);
    this.kind = kind;
    this.later = setTimeout(() => this.say(), EVERY);
  }

  remove() {
    clearTimeout(this.later);
  }
}
