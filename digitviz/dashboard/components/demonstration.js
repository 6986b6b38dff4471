// The picture on the start page: a replay of the server's training of the notebook's network. The data arrives in batches
// during training, and the browser draws it. Once all data has arrived, there are no more requests.

import { numeral, percent, short } from "./numbers.js";

const ASK_AGAIN = 500; // milliseconds between requests during training
const [LEFT, BOTTOM] = [54, 50]; // pixels for the numbers and titles of the axes
const SMALL = 16; // pixels of the letters
const FAINT = 0.18; // opacity of the curves before they are played
const EMPTY = 8; // largest loss of the axis without data
const still = () => matchMedia("(prefers-reduced-motion: reduce)").matches;

function element(kind, name, parent) {
  const made = document.createElement(kind);
  made.className = name;
  parent.append(made);
  return made;
}

const fill = (sentence, fields) => sentence.replace(/\{(\w+)\}/g, (_, name) => fields[name]);

class Demonstration {
  constructor(parent) {
    this.div = element("div", "digitviz-demonstration", parent);
    this.curves = element("canvas", "curves", this.div);
    this.curves.setAttribute("role", "img");
    const beside = element("div", "beside", this.div);
    const head = element("div", "head", beside);
    const accuracy = element("div", "accuracy", head);
    this.label = element("div", "label", accuracy);
    this.value = element("div", "value", accuracy);
    this.words = element("div", "words", head);
    this.button = element("button", "", head);
    this.digits = element("div", "digits", beside);
    this.caption = element("div", "caption", beside);
    this.button.type = "button";
    this.button.onclick = () => (this.playing ? this.pause() : this.play());
    this.known = null;
    this.moments = [];
    this.place = 0; // number of drawn batches
    this.resizing = new ResizeObserver(() => this.drawn && this.drawAll());
    this.resizing.observe(this.curves);
  }

  show(data) {
    this.data = data;
    this.label.textContent = data.said.accuracy;
    if (this.known) this.tell();
    else this.learn();
  }

  // Request new data until the server's training ends.
  async learn() {
    this.value.textContent = "…";
    this.words.textContent = this.data.said.waiting;
    this.curves.setAttribute("aria-label", this.data.said.waiting);
    this.button.style.visibility = "hidden";
    while (this.div.isConnected) {
      const answer = await this.ask();
      if (answer) {
        const first = !this.known;
        this.known = answer;
        this.moments.push(...answer.moments);
        if (first) this.drawAll();
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
    try {
      const known = this.moments.length;
      const answer = await fetch(new URL(`${this.data.address}?known=${known}`, document.baseURI), { cache: "no-store" });
      return answer.ok ? await answer.json() : null;
    } catch {
      return null; // the next request tries again
    }
  }

  begin() {
    this.drawn = true;
    this.button.style.visibility = "";
    this.drawAll();
    if (still()) this.drawTo(this.moments.length);
    else this.play();
  }

  get last() {
    return this.known.batches;
  }

  play() {
    if (this.place >= this.last) {
      this.place = 0;
      this.drawAll();
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

  // Draw the batches up to a place, except those already drawn.
  drawTo(place) {
    const from = Math.floor(this.place);
    this.place = place;
    const to = Math.floor(place);
    for (let batch = from; batch < to; batch += 1) this.drawCurve(batch);
    if (to !== from) this.tell();
  }

  drawAll() {
    const { clientWidth: width, clientHeight: height } = this.curves;
    const sharp = devicePixelRatio || 1;
    Object.assign(this.curves, { width: width * sharp, height: height * sharp });
    this.pen = this.curves.getContext("2d");
    this.pen.scale(sharp, sharp);
    this.drawAxes(width - LEFT, height - BOTTOM);
    this.inkDigits();
    this.pen.globalAlpha = FAINT;
    this.moments.forEach((_, batch) => this.drawCurve(batch));
    this.pen.globalAlpha = 1;
    for (let batch = 0; batch < Math.floor(this.place); batch += 1) this.drawCurve(batch);
    this.tell();
  }

  // Largest loss of the vertical axis.
  get most() {
    return this.moments.length ? 1.05 * Math.max(...this.moments[0].losses) : EMPTY;
  }

  drawAxes(width, height) {
    const { pen } = this;
    const { said } = this.data;
    const { color, fontFamily } = getComputedStyle(this.div);
    Object.assign(pen, { strokeStyle: color, fillStyle: color, font: `${SMALL}px ${fontFamily}`, lineWidth: 1 });
    pen.globalAlpha = 0.35;
    pen.strokeRect(LEFT + 0.5, 0.5, width - 1, height - 1);
    pen.globalAlpha = 1;
    const step = 10 ** Math.floor(Math.log10(this.most / 2));
    const apart = [5, 2, 1].map((times) => times * step).find((size) => this.most / size >= 2);
    Object.assign(pen, { textAlign: "right", textBaseline: "middle" });
    for (let loss = 0; loss <= this.most; loss += apart) {
      pen.fillText(short(loss), LEFT - 6, Math.max(SMALL / 2, height * (1 - loss / this.most)));
    }
    pen.textBaseline = "top";
    const { steps } = this.known;
    for (const count of [1, steps / 2, steps]) {
      pen.textAlign = count === steps ? "right" : count === 1 ? "left" : "center";
      pen.fillText(numeral(count), LEFT + (count / steps) * width, height + 6);
    }
    pen.textAlign = "center";
    pen.fillText(said.across, LEFT + width / 2, height + 8 + SMALL + 4);
    pen.save();
    pen.translate(0, height / 2);
    pen.rotate(-Math.PI / 2);
    pen.fillText(said.up, 0, 0);
    pen.restore();
  }

  drawCurve(batch) {
    const [width, height] = [this.curves.clientWidth - LEFT, this.curves.clientHeight - BOTTOM];
    const { points, steps } = this.known;
    const { most } = this;
    const colours = this.data.colours.curves;
    this.pen.strokeStyle = colours[Math.min(colours.length - 1, Math.floor((batch / this.last) * colours.length))];
    this.pen.beginPath();
    this.moments[batch].losses.forEach((loss, place) => {
      this.pen.lineTo(LEFT + (points[place] / steps) * width, height * (1 - Math.min(loss / most, 1)));
    });
    this.pen.stroke();
  }

  inkDigits() {
    const ink = getComputedStyle(this.div).color;
    this.digits.replaceChildren();
    this.guesses = this.known.digits.map((pixels) => {
      const place = element("div", "", this.digits);
      const picture = element("canvas", "", place);
      picture.width = picture.height = 8;
      const pen = picture.getContext("2d");
      pen.fillStyle = ink;
      pixels.forEach((value, pixel) => {
        pen.globalAlpha = value / 16;
        pen.fillRect(pixel % 8, Math.floor(pixel / 8), 1, 1);
      });
      return element("span", "", place);
    });
  }

  tell() {
    const { said, colours, seconds: replay } = this.data;
    const { batches, steps, seconds } = this.known;
    const place = Math.floor(this.place);
    const moment = this.moments[place - 1];
    this.caption.textContent =
      seconds === null
        ? said.live
        : fill(said.replayed, { steps: numeral(batches * steps), seconds: Math.max(1, Math.round(seconds)), replay });
    this.button.textContent = this.playing ? said.pause : place >= this.last ? said.again : said.play;
    if (!moment) return;
    const accuracy = percent(moment.accuracy);
    this.value.textContent = accuracy;
    this.words.textContent = fill(said.batch, { batch: place, batches });
    this.curves.setAttribute("aria-label", fill(said.picture, { batches: place, accuracy }));
    this.guesses.forEach((words, digit) => {
      const guess = moment.guesses[digit];
      words.textContent = `${guess} ${guess === digit ? "✓" : "✗"}`;
      words.style.color = `light-dark(${colours[guess === digit ? "correct" : "wrong"]})`;
    });
  }

  remove() {
    this.playing = false;
    this.resizing.disconnect();
    this.div.remove();
  }
}

export function show({ data, parentElement }) {
  const demonstration = (parentElement.digitvizDemonstration ??= new Demonstration(parentElement));
  const told = JSON.stringify(data);
  if (told === demonstration.told) return; // an unchanged rerun
  demonstration.told = told;
  demonstration.show(data);
}

export function remove(parentElement) {
  parentElement.digitvizDemonstration?.remove();
  delete parentElement.digitvizDemonstration;
}
