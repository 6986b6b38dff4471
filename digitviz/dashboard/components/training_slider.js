// A slider through a whole run. It requests the weights once, when a visitor first wants to move it, and computes the
// network's results at that point in training. The page's pictures follow the event "digitviz:moment", see follow.js.

import { Clock } from "./clock.js";
import { built, bytesAt, html, named, tell } from "./elements.js";
import { Moment } from "./moment.js";
import { layersOf, sizeOf, unpacked } from "./network.js";
import { numeral, percent, short } from "./numbers.js";
import { _, pgettext } from "./words.js";

const SECONDS = 10; // duration of playing the whole run
const FASTEST = 20; // limits for the checkpoints per second:
const SLOWEST = 3;
const FACTORS = [1, 2, 4, 0.5];
const SETTLED = 300; // milliseconds without another move before the page is notified

const MARKUP = html`<input type="range" class="slider"><div class="foot"><div class="moment"></div>
  <button class="back"></button><button class="play"></button><button class="speed"></button><button class="best"></button></div>`;

async function digitsAt(address) {
  const { head, take } = unpacked(await bytesAt(address));
  return { labels: head.labels, pixels: Float32Array.from(take(head.whole ? Uint8Array : Float32Array)) };
}

// The weights of all checkpoints. Those of a large network are requested one by one, and the browser caches them.
class Training {
  constructor(bytes, address) {
    const { head, take } = unpacked(bytes);
    Object.assign(this, head, { address });
    this.size = sizeOf(this.shapes, this.bias);
    this.pixels = take(Float32Array, 64 * this.labels.length);
    this.weights = this.whole ? take(Float32Array) : null;
  }

  // The layers at a checkpoint.
  async at(place) {
    const vector = this.weights
      ? this.weights.subarray(place * this.size, (place + 1) * this.size)
      : new Float32Array((await bytesAt(`${this.address}&batch=${this.batches[place]}`)).buffer);
    return layersOf(vector, this.shapes, this.bias);
  }
}

export default class TrainingSlider {
  // The host's `words` replace the slider's own text at the run's current point, and its `nameOf` names the others. `onMoment`
  // is called for each point.
  constructor(parent, { words = null, nameOf = null, onMoment = () => {}, send = () => {} } = {}) {
    Object.assign(this, built(parent, "digitviz-through now", MARKUP), { words, nameOfHost: nameOf, onMoment, send });
    this.div.classList.toggle("alone", !words);
    if (words) this.foot.prepend(words);
    this.back.onclick = () => this.jump(this.last);
    this.play.onclick = () => (this.playing ? this.pause() : this.begin());
    this.speed.onclick = () => {
      this.factor = FACTORS[(FACTORS.indexOf(this.factor) + 1) % FACTORS.length];
      this.tell();
    };
    this.best.onclick = () => this.goToBest();
    Object.assign(this, { factor: 1, asked: null, answers: 0, clock: new Clock((passed) => this.advance(passed)) });
    this.sets = new Map(); // digits by id
    this.slider.oninput = () => {
      this.stop();
      this.go(Number(this.slider.value));
    };
    this.slider.onchange = () => this.settle();
    for (const kind of ["pointerenter", "focusin"]) this.div.addEventListener(kind, () => this.load());
    this.onPeek = ({ detail }) => this.peek(detail);
    window.addEventListener("digitviz:peek", this.onPeek);
  }

  // Update after a rerun. Keep the slider's position while it is being moved, or until the page answers it: `asked`. `home`
  // is the point of the server's pictures.
  rerun(data) {
    const sent = document.documentElement.lang + JSON.stringify(data);
    if (sent === this.sent) return void (this.asked = null);
    const isOther = data.address !== this.data?.address;
    const isMore = Object.keys(data.digits).some((id) => !(id in (this.data?.digits ?? {})));
    Object.assign(this, { sent, data });
    if (isOther) {
      this.stop();
      this.training = this.loading = this.asked = null;
    }
    for (const id of this.sets.keys()) if (!(id in data.digits)) this.sets.delete(id);
    if (isMore) this.loading = null;
    const isElsewhere = !isOther && this.place !== (this.asked ?? this.told);
    this.places(data.batches);
    this.home = data.shown === null ? this.last : this.nearest(data.shown);
    this.told = data.at === null ? this.home : this.nearest(data.at);
    named(this.slider, _("Drag to move through the training"));
    named(this.best, _("Best test accuracy"));
    this.best.textContent = `★ ${window.innerWidth < 1700 ? pgettext("on a button", "Best") : pgettext("on a button", "Most accurate")}`;
    this.back.textContent = this.back.title = _("Back to the current weights");
    if (this.asked === this.told || this.answers) this.asked = null; // a second other answer: the request was lost
    this.answers += 1;
    this.show(isElsewhere || this.asked !== null ? this.place : this.told);
  }

  places(batches) {
    this.batches = batches;
    this.last = batches.length - (this.data.between ? 0 : 1); // a place for a run between two checkpoints
    Object.assign(this.slider, { min: 0, max: this.last });
  }

  nearest(batch) {
    const far = this.batches.map((one) => Math.abs(one - batch));
    return far.indexOf(Math.min(...far));
  }

  async loadDigits({ digits }) {
    const missing = Object.entries(digits).filter(([id]) => !this.sets.has(id));
    const came = await Promise.all(missing.map(([, address]) => digitsAt(address)));
    missing.forEach(([id], at) => id in this.data.digits && this.sets.set(id, came[at]));
  }

  // Return a promise of the training data when all digits are there, too. null if they do not come.
  load() {
    const loading = (this.loading ??= this.request(this.data).catch(() => {
      if (this.loading === loading) this.loading = null; // the next call tries again
      return null;
    }));
    return loading;
  }

  async request(data) {
    const [training] = await Promise.all([this.training ?? this.loadTraining(data), this.loadDigits(data)]);
    if (this.data.address !== data.address) return null; // the page shows another run by now
    if (training !== this.training) this.take(training);
    this.div.dataset.loaded = "";
    return training;
  }

  async loadTraining({ address }) {
    const training = new Training(await bytesAt(address), address);
    training.initial = await training.at(0);
    return training;
  }

  take(training) {
    const batches = ["place", "home", "told", "asked"].map((name) => [name, this.batches[this[name]]]);
    this.training = training;
    this.places(training.batches);
    for (const [name, batch] of batches) if (batch !== undefined) this[name] = this.nearest(batch);
    this.tell();
  }

  // Show at most one point per frame of the screen, the latest.
  go(place) {
    this.place = Math.max(0, Math.min(this.last, place));
    this.tell();
    this.due ??= requestAnimationFrame(() => {
      this.due = null;
      this.show(this.place);
    });
  }

  async show(place) {
    this.place = place;
    this.tell();
    if (place === this.home) return this.dispatch(null);
    const training = await this.load();
    if (this.place !== place) return;
    if (!training) {
      this.moment.textContent = _("The weights could not be loaded. Move the slider to try again.");
      return;
    }
    const moment = await this.momentAt(place).catch(() => null);
    if (this.place === place) this.dispatch(moment);
  }

  // Between two checkpoints, the page's own pictures are shown.
  async momentAt(place) {
    const { training, sets } = this;
    const [batch, words] = [this.batches[place], this.nameOf(place)];
    if (batch === undefined) return null;
    return new Moment(training, { batch, words, sets, layers: await training.at(place) });
  }

  dispatch(moment) {
    this.now = moment;
    this.tell();
    this.onMoment(moment);
    tell("moment", moment);
    this.div.dataset.shown = this.batches[this.place] ?? "now";
  }

  // While a curve is hovered over, the pictures show its batch. The slider stays, and they return to it.
  async peek(batch) {
    this.peeked = batch;
    const training = await this.load(); // between two points of a curve, the pointer leaves and comes at once
    if (this.playing || this.peeked !== batch) return;
    if (batch === null) return this.show(this.place);
    const moment = training && (await this.momentAt(this.nearest(batch)).catch(() => null));
    if (moment && this.peeked === batch) tell("moment", moment);
  }

  async begin() {
    this.playing = true;
    this.tell();
    await this.load();
    if (!this.playing) return;
    if (!this.training) return this.pause();
    this.played = this.place >= this.last ? 0 : this.place;
    this.show(this.played);
    this.clock.start();
  }

  advance(passed) {
    const rate = Math.min(FASTEST, Math.max(SLOWEST, this.last / SECONDS)) / 1000;
    this.played = Math.min(this.last, this.played + passed * rate * this.factor);
    if (Math.floor(this.played) !== this.place || this.due) this.show(Math.floor(this.played));
    if (this.played >= this.last) this.pause();
  }

  stop() {
    this.clock.stop();
    this.playing = false;
  }

  pause() {
    this.stop();
    this.tell();
    this.settle();
  }

  jump(place) {
    this.stop();
    this.go(place);
    this.settle();
  }

  async goToBest() {
    const training = await this.load();
    if (!training) return;
    const known = training.accuracy.map((accuracy) => accuracy ?? -1);
    this.jump(known.indexOf(Math.max(...known)));
  }

  // Notify the page once, after the visitor has released the slider.
  settle() {
    clearTimeout(this.later);
    if (!this.data.sends) return;
    this.later = setTimeout(() => {
      const isMoved = !this.playing && this.div.isConnected && this.place !== (this.asked ?? this.told);
      if (!isMoved) return;
      Object.assign(this, { asked: this.place, answers: 0 });
      this.send("batch", this.batches[this.place] ?? "now");
    }, SETTLED);
  }

  nameOf(place) {
    const batch = this.batches[place];
    if (batch === undefined) return _("as it is now");
    if (batch === 0) return _("before training");
    return _("after batch {number} of {batches}", { number: numeral(batch), batches: numeral(this.data.of) });
  }

  // Return the text for a point in training.
  wordsOf(place, isShort = false) {
    const { training, now } = this;
    const batch = this.batches[place];
    const parts = [batch && this.nameOfHost ? this.nameOfHost(batch) : this.nameOf(place)];
    if (training && batch !== undefined) {
      const own = now && now.batch === batch ? now : null;
      const accuracy = training.accuracy[place] ?? own?.accuracy;
      const loss = training.loss[place];
      const isFew = training.labels.length < training.digits;  // the matrix counts only these
      const fields = { accuracy: percent(accuracy), count: numeral(training.labels.length), all: numeral(training.digits) };
      if (accuracy !== undefined) {
        if (isFew) parts.push(_("test accuracy {accuracy} (first {count} of {all} digits)", fields));
        else if (!isShort) parts.push(_("test accuracy {accuracy}", fields));
      }
      if (loss !== null && !this.data.is_plain) parts.push(_("loss {loss} per test digit", { loss: short(loss) }));
    } else if (this.loading && !training) parts.push(_("Loading the weights…"));
    if (this.data.every > 1) parts.push(_("one checkpoint every {number} batches", { number: this.data.every }));
    return parts.join(" · ");
  }

  tell() {
    const { place } = this;
    const words = this.wordsOf(place);
    this.slider.value = place;
    this.slider.style.setProperty("--done", `${(100 * place) / Math.max(1, this.last)}%`);
    this.slider.setAttribute("aria-valuetext", words);
    this.moment.textContent = this.words ? this.wordsOf(place, true) : words; // the host shows the accuracy next to it
    this.div.classList.toggle("now", place === this.last);
    const again = !this.words && place === this.last && pgettext("on a button", "Play from start");
    this.play.textContent = this.playing ? `❚❚ ${_("Pause")}` : `▶ ${again || pgettext("on a button", "Play")}`;
    this.speed.textContent = _("Speed: {factor}×", { factor: this.factor });
    named(this.play, this.playing ? _("Pause") : again || _("Play the training"));
    named(this.speed, this.speed.textContent);
  }

  remove() {
    this.stop();
    clearTimeout(this.later);
    cancelAnimationFrame(this.due);
    this.place = this.peeked = undefined; // what is still loading is not shown on the next page
    window.removeEventListener("digitviz:peek", this.onPeek);
    this.onMoment(null);
    tell("moment", null);
    this.div.remove();
  }
}
