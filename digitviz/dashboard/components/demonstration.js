// The picture on the start page: a replay of the server's training of the notebook's network. The data arrives in batches
// during training, and the browser draws it. Once all data has arrived, there are no more requests.

import { asked, element, fill, SIDE } from "./elements.js";
import { numeral, percent } from "./numbers.js";
import { inkDigit } from "./paint.js";

const ASK_AGAIN = 500; // milliseconds between requests during training
const still = () => matchMedia("(prefers-reduced-motion: reduce)").matches;

export default class Demonstration {
  constructor(parent) {
    this.div = element("div", "digitviz-demonstration", parent);
    const head = element("div", "head", this.div);
    this.label = element("div", "label", head);
    this.button = element("button", "", head);
    this.value = element("div", "value", head);
    this.words = element("div", "words", head);
    this.track = element("div", "track", head);
    this.track.role = "img";
    this.bar = element("i", "", this.track);
    const shown = element("div", "", this.div);
    this.few = element("div", "few", shown);
    this.digits = element("div", "digits", shown);
    const about = element("details", "", this.div);
    this.about = element("summary", "", about);
    this.caption = element("div", "caption", about);
    this.button.onclick = () => (this.playing ? this.pause() : this.play());
    this.known = null;
    this.moments = [];
    this.place = 0; // number of drawn batches
  }

  rerun(data) {
    this.data = data;
    this.label.textContent = data.said.title;
    this.about.textContent = data.said.about;
    if (this.known) this.tell();
    else this.learning ??= this.learn().finally(() => (this.learning = null)); // one at a time
  }

  // Request new data until the server's training ends.
  async learn() {
    this.value.textContent = "…";
    this.words.textContent = this.data.said.waiting;
    this.track.ariaLabel = this.data.said.waiting;
    this.button.style.visibility = "hidden";
    while (this.div.isConnected) {
      const answer = await this.ask();
      if (answer) {
        const first = !this.known;
        this.known = answer;
        this.moments.push(...answer.moments);
        if (first) {
          this.inkDigits();
          this.tell();
        }
        if (!this.drawn && this.moments.length) this.begin();
        if (answer.seconds !== null) break;
        if (this.waits) this.play();
        if (still() && this.drawn) this.drawTo(this.moments.length);
      }
      await new Promise((done) => setTimeout(done, ASK_AGAIN));
    }
    if (!this.div.isConnected) return;
    if (this.waits) this.play();
    if (still()) this.drawTo(this.moments.length);
    this.tell();
  }

  async ask() {
    if (document.hidden) return null;
    const answer = asked(`${this.data.address}?known=${this.moments.length}`);
    return answer.then((given) => given.json()).catch(() => null); // the next request tries again
  }

  begin() {
    this.drawn = true;
    this.button.style.visibility = "";
    if (still()) this.drawTo(this.moments.length);
    else this.play();
  }

  get last() {
    return this.known.batches;
  }

  play() {
    if (this.place >= this.last) {
      this.place = 0;
      this.tell();
    }
    this.playing = true;
    this.waits = false;
    let before = performance.now();
    const advance = (now) => {
      if (!this.playing || !this.div.isConnected) return;
      const passed = Math.max(0, now - before) / 1000; // a frame may have started before the click
      const to = this.place + (passed / this.data.seconds) * this.last;
      before = now;
      this.drawTo(Math.min(to, this.moments.length));
      if (this.place >= this.moments.length) {
        this.playing = false;
        this.waits = this.place < this.last; // for the server
        this.tell();
      } else requestAnimationFrame(advance);
    };
    requestAnimationFrame(advance);
    this.tell();
  }

  pause() {
    this.playing = false;
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
    const { said, colours, seconds: replay } = this.data;
    const { batches, steps, seconds } = this.known;
    const place = Math.floor(this.place);
    const moment = this.moments[place - 1];
    this.caption.textContent =
      seconds === null
        ? moment ? said.live : ""
        : fill(said.replayed, { steps: numeral(batches * steps), each: numeral(steps), seconds: Math.max(1, Math.round(seconds)), replay });
    this.button.textContent = this.playing ? said.pause : place >= this.last ? said.again : said.play;
    if (!moment) return;
    const accuracy = percent(moment.accuracy);
    this.value.textContent = `${accuracy} `;
    const tested = numeral(this.known.tested);
    element("span", "", this.value, fill(said.read, { count: tested }));
    this.few.textContent = fill(said.few, { count: tested });
    this.words.textContent = fill(said.batch, { batch: place, batches });
    this.bar.style.width = `${(100 * place) / batches}%`;
    this.track.ariaLabel = fill(said.picture, { batches: place, accuracy });
    this.guesses.forEach((words, digit) => {
      const guess = moment.guesses[digit];
      words.textContent = `${guess} ${guess === digit ? "✓" : "✗"}`;
      words.style.color = `light-dark(${colours[guess === digit ? "correct" : "wrong"]})`;
    });
  }
}
