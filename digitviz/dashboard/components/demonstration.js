// The picture on the start page: a replay of the server's training of the notebook's network.

import { Clock } from "./clock.js";
import { asked, built, element, html, SIDE } from "./elements.js";
import { numeral, percent } from "./numbers.js";
import { inkDigit } from "./paint.js";
import { _ } from "./words.js";

const ASK_AGAIN = 500; // milliseconds between requests until the server has trained
const still = () => matchMedia("(prefers-reduced-motion: reduce)").matches;
const MARKUP = html`
  <div><div class="label"></div><svg class="curve" role="img" viewBox="0 0 320 200">
    <path stroke="currentColor" stroke-width="1" opacity=".35" d="M 62 7 h 250 m 0 86 h -250 m 0 86 h 250" />
    <g transform="translate(62 179) scale(250 -172)"><polyline class="drawn" /><polyline class="now" stroke-width="10" /></g>
    <g text-anchor="end"><text x="56" y="12">100%</text><text x="56" y="98">50%</text><text x="56" y="184">0%</text><text class="last" x="312" y="197"></text></g>
    <g text-anchor="middle"><text x="64" y="197">0</text><text class="across" x="187" y="197"></text><text class="up" transform="translate(13 93) rotate(-90)"></text></g>
  </svg></div>
  <div><div class="few"></div><div class="digits"></div></div>
  <div class="line"><button class="button"></button><span class="value"></span><span class="words"></span>
    <details><summary class="about"></summary><div class="caption"></div></details></div>`;

export default class Demonstration {
  constructor(parent) {
    Object.assign(this, built(parent, "digitviz-demonstration", MARKUP));
    this.clock = new Clock((passed) => this.advance(passed));
    this.button.onclick = () => (this.clock.isRunning ? this.pause() : this.play());
    this.known = null;
    this.place = 0; // number of drawn batches
  }

  rerun(data) {
    this.data = data;
    this.label.textContent = _("Watch one learn");
    this.about.textContent = _("Which network is this?");
    this.across.textContent = _("steps of training");
    this.up.textContent = _("accuracy");
    this.curve.style.stroke = `light-dark(${data.colours.test})`;
    if (this.known?.moments.length) this.tell();
    else this.learning ??= this.learn(); // one at a time
  }

  // Ask the server until it has trained the network, which it does when it starts. Then replay the training.
  async learn() {
    this.value.textContent = "…";
    const waiting = _("The server is getting ready. Soon a network will learn to read these ten digits here.");
    this.words.textContent = this.curve.ariaLabel = waiting;
    this.button.style.visibility = "hidden";
    while (!this.known?.moments.length) {
      this.known = await asked(this.data.address).then((answer) => answer.json()).catch(() => null);
      if (!this.div.isConnected) return;
      if (this.known) this.inkDigits();
      if (!this.known?.moments.length) await new Promise((done) => setTimeout(done, ASK_AGAIN));
    }
    this.button.style.visibility = "";
    if (still()) this.drawTo(this.known.batches);
    else this.play();
  }

  play() {
    if (this.place >= this.known.batches) this.place = 0;
    this.clock.start();
    this.tell();
  }

  advance(passed) {
    const { batches } = this.known;
    const place = Math.min(this.place + (passed / 1000 / this.data.seconds) * batches, batches);
    if (place >= batches) this.clock.stop();
    this.drawTo(place);
  }

  pause() {
    this.clock.stop();
    this.tell();
  }

  drawTo(place) {
    const isLater = Math.floor(place) !== Math.floor(this.place);
    this.place = place;
    if (isLater) this.tell();
  }

  inkDigits() {
    const ink = getComputedStyle(this.div).color;
    this.digits.replaceChildren();
    this.guesses = this.known.digits.map((pixels) => {
      const place = element("div", "", this.digits);
      const picture = Object.assign(element("canvas", "", place), { width: SIDE, height: SIDE });
      const pen = picture.getContext("2d");
      pen.fillStyle = ink;
      inkDigit(pen, pixels, 1);
      return element("span", "", place, "?"); // until it answers
    });
  }

  tell() {
    const { colours, seconds: replay } = this.data;
    const { batches, steps, seconds, moments } = this.known;
    const place = Math.floor(this.place);
    const moment = moments[place - 1];
    const numbers = { steps: numeral(batches * steps), each: numeral(steps), seconds: Math.max(1, Math.round(seconds)), replay };
    this.caption.textContent = _(
      "A network trained when this server started: {steps} steps, {each} on each batch, in {seconds} s. You see them in {replay} s.",
      numbers,
    );
    this.button.textContent = this.clock.isRunning ? _("Pause") : place >= batches ? _("Replay") : _("Play");
    if (!moment) return;
    const accuracy = percent(moment.accuracy);
    this.value.textContent = `${accuracy} `;
    const tested = numeral(this.known.tested);
    element("span", "", this.value, _("of {count} new digits", { count: tested }));
    this.few.textContent = _("Ten of {count} digits that it does not learn from, and what it reads:", { count: tested });
    this.words.textContent = _("read correctly after {step} of {steps} steps", { step: numeral(place * steps), steps: numbers.steps });
    this.last.textContent = numbers.steps;
    const points = moments.slice(0, place).map((one, at) => [(at + 1) / batches, one.accuracy]);
    this.drawn.setAttribute("points", points);
    this.now.setAttribute("points", [points.at(-1), points.at(-1)]);
    const told = { batches: place, accuracy };
    this.curve.ariaLabel = _("The notebook's network after {batches} batches: {accuracy} of the test digits classified correctly.", told);
    this.guesses.forEach((words, digit) => {
      const guess = moment.guesses[digit];
      words.textContent = `${guess} ${guess === digit ? "✓" : "✗"}`;
      words.style.color = `light-dark(${colours[guess === digit ? "correct" : "wrong"]})`;
    });
  }
  remove() {
    this.clock.stop();
  }
}
