// The progress of an experiment. The stream updates it together with the pictures (moving.js) and the table, without a rerun.

import { html, tell } from "./elements.js";
import Live from "./live.js";
import { announce } from "./speak.js";
import { follow, leave } from "./stream.js";
import { _ } from "./words.js";

const CONFIRM = 200; // milliseconds
const MARKUP = html`
  <div class="progress digitviz-experiment">
    <p><b class="news"></b> <span class="words"></span></p><div class="notice"></div>
    <div class="bar" role="progressbar"><div class="done"></div></div>
  </div>`;

export default class Experiment extends Live {
  static markup = MARKUP;
  isExperiment = true; // for stream.js

  rerun({ state, stream }) {
    this.stopEnding();
    this.stands = state.stands;
    this.bar.ariaLabel = _("Training progress");
    this.write(state);
    if (stream) follow(stream, this);
    else leave(this);
  }

  move() {}

  write({ news, words, share, spoken, cells }) {
    this.div.classList.remove("unheard", "silent");
    this.notice.textContent = "";
    this.news.textContent = news;
    this.words.textContent = this.step = words;
    this.done.style.width = `${100 * share}%`;
    Object.assign(this.bar, { ariaValueNow: (100 * share).toFixed(0), ariaValueText: `${news} ${words}` });
    if (this.heard !== undefined && spoken !== this.heard) announce(spoken);
    this.heard = spoken;
    const places = [...document.querySelectorAll(".st-key-experiment_table td")];
    if (places.length === cells.length) places.forEach((place, at) => (place.firstChild.nodeValue = cells[at])); // React keeps the node
  }

  // Show the state from the server. When the experiment ends, rerun the page once, because its buttons change.
  tell(state) {
    this.write(state);
    this.nameAll(state.names);
    tell("experiment", state);
    if (state.stands === this.stands) this.stopEnding();
    else this.ending ??= setTimeout(() => this.end(), CONFIRM); // if a click ended it, the page is already rerunning
  }
}
