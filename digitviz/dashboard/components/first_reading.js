// The answer on the start page: what the pretrained network reads on the pad at every stroke (reader.js), one reason for it,
// and where that reason is in the 8 x 8 digit. The network is loaded with the first ink. On Draw, reader.js has the network
// of the page, and this shows the reason and the 8 x 8 digit.

import { built, bytesAt, html, put, range, SIDE, tell } from "./elements.js";
import { numeral, sureness } from "./numbers.js";
import { adopt, isAsking, isReady, prepare, readerFrom, release, wordsOf } from "./reader.js";
import { reasonFor, reasonWords } from "./reason.js";
import { announce, speak } from "./speak.js";
import { _ } from "./words.js";

const FULL = 16; // ink of a full pixel
const EVENTS = ["digitviz:ink", "digitviz:moment"]; // ink on the pad, and a reading by reader.js

const MARKUP = html`
  <figure><figcaption class="seen"></figcaption><div class="picture" role="img"></div><div class="scale"></div>
    <div class="some"></div><svg class="net" aria-hidden="true" viewBox="0 0 40 100"></svg></figure>
  <div class="said"><div class="says"></div><div class="ask" role="group"></div><div class="digit" aria-hidden="true"></div><p class="reason" tabindex="-1"></p><p class="sure"></p></div>
  <div class="bars" role="img"></div>`;

export default class FirstReading {
  constructor(parent, { signal }) {
    Object.assign(this, built(parent, "digitviz-first", MARKUP));
    this.ask.onclick = ({ target }) => target.matches("button") && this.tell(Number(target.textContent));
    for (const event of EVENTS) window.addEventListener(event, () => this.dressAgain(), { signal });
  }

  rerun(data) {
    if (this.data?.network !== data.network) this.loading = null;
    this.data = data;
    this.div.classList.toggle("follows", !data.network);
    this.seen.textContent = `→ ${_("it sees 64 numbers")}`;
    this.scale.textContent = data.network ? "" : _("0 = paper, 16 = full ink");
    this.says.textContent = `→ ${_("it says")}`;
    this.ask.ariaLabel = _("What will it say?"); // on Draw, this is above the pad
    put(this.ask, html`${data.network && html`<b>?</b>${this.ask.ariaLabel}`}<div>${range(10).map((digit) => html`<button>${digit}</button>`)}</div>`);
    this.dressAgain();
  }

  dressAgain() {
    const { digitvizInk: pad, digitvizReading: reading } = document;
    if (this.data.network && pad?.done) this.loading ??= this.load(this.data);
    if (!pad || !reading || reading.drawing.ink === pad.ink) this.show(pad, reading); // otherwise it is read next
  }

  // Show the answer to the example, and whether the guess was right.
  tell(guess) {
    document.digitvizGuess = guess;
    tell("ink", document.digitvizInk);
    this.reason.focus({ preventScroll: true });
    speak(this.reason.textContent);
  }

  async load({ network, known }) {
    prepare(known);
    try {
      const bytes = await bytesAt(network);
      if (network === this.data.network) adopt(this, readerFrom(bytes));
    } catch {
      this.loading = null; // the end of the next stroke tries again
    }
  }

  // Show what reader.js has read.
  show(pad, reading) {
    const { network } = this.data;
    const isDrawn = reading ? !reading.drawing.isEmpty : Boolean(network && pad?.ink.some(Boolean));
    const drawing = isDrawn ? reading?.drawing : null;
    this.div.classList.toggle("empty", !isDrawn);
    this.div.classList.toggle("asks", isAsking());
    const isRead = drawing && reading.label !== null;
    const instead = pad?.number <= this.data.number && this.data.instead; // otherwise it is about an earlier drawing
    const reason = isRead && !instead ? reasonFor(drawing, reading.network, reading) : null;
    const edge = network ? _("There is ink along the edge of the pad, as in a photo. Press Clear and draw inside the edge.") : ""; // on Draw, the page says this
    let words = network ? _("Draw a digit on the pad. The network reads it at every stroke and says why.") : "";
    const verdict = !pad?.isExample || document.digitvizGuess == null ? "" : document.digitvizGuess === reading?.label ? _("Right!") : _("Not quite.");
    if (isRead) words = `${verdict} ${instead || reasonWords(reading, reason, pad?.isExample)}`.trim();
    else if (isDrawn) words = reading || isReady() ? edge : _("Reading…");
    const sure = isRead ? wordsOf(reading, reading.network.said).words : "";
    this.digit.textContent = isRead ? reading.label : "";
    this.reason.textContent = words;
    this.sure.textContent = sure;
    this.paint(drawing?.digit, reason?.frame);
    this.connect(isRead ? reading : null);
    const framed = _("The drawing as 8 × 8 numbers. A frame marks the part that the sentence is about.");
    this.picture.setAttribute("aria-label", drawing ? framed : _("An empty grid of 8 × 8 pixels"));
    this.share(isRead ? reading : null);
    const isDone = Boolean(network && pad?.done && !pad.isExample);
    if (isRead && isDone && words !== this.spoken) announce(`${words} ${sure}`);
    this.spoken = isDone ? words : this.spoken;
  }

  // The neurons of the last hidden layer that matter most, between the 64 numbers and the answer, which may be asked for.
  connect(reading) {
    const hidden = reading?.network.layers.slice(0, -1) ?? [];
    const leads = [...(reading?.leads ?? [])].map((lead, at) => ({ at, size: Math.abs(lead) }));
    const most = leads.sort((one, other) => other.size - one.size)[0]?.size || 1;
    const shown = leads.slice(0, SIDE).sort((one, other) => one.at - other.at);
    const height = (at, count) => 50 + (at - (count - 1) / 2) * (100 / SIDE);
    const from = (x, y) => range(SIDE).map((row) => `M0 ${height(row, SIDE)}L${x} ${y}`).join("");
    const all = numeral(hidden.reduce((sum, { outputs }) => sum + outputs, 0));
    const words = _("{some} of {all} neurons", { some: numeral(shown.length), all });
    this.some.textContent = reading ? `→ ${hidden.length ? words : ""}` : "";
    put(this.net, html`${reading && !hidden.length && html`<path d="${from(33, 50)}" />`}${shown.map(({ size }, at) => {
      const y = height(at, shown.length);
      return html`<path d="${from(14, y)}" /><g style="--size: ${size / most}"><path d="M14 ${y}L33 50" /><circle cx="14" cy="${y}" r="4.2" /></g>`;
    })}${reading && html`<circle class="out" cx="33" cy="50" r="6.5" /><text x="33" y="50">${this.div.matches(".asks") ? "?" : reading.label}</text>`}`);
  }

  share(reading) {
    const shares = [...(reading?.probabilities ?? Array(10).fill(0))];
    put(this.bars, html`${shares.map((share, digit) => html`<div class="${digit === reading?.label ? "answer" : ""}">
      <b>${digit}</b><span><i style="width: ${100 * share}%"></i></span><em>${reading && sureness(share)}</em></div>`)}`);
    const all = reading ? shares.map((share, digit) => `${digit}: ${sureness(share)}`).join(", ") : "–";
    this.bars.setAttribute("aria-label", _("Probability of each digit. {all}", { all }));
  }

  paint(digit, frame) {
    const cells = [...(digit ?? Array(SIDE * SIDE).fill(0))].map((ink) =>
      html`<span class="${ink > FULL / 2 ? "dark" : ""}" style="--ink: ${(100 * ink) / FULL}%">${digit && Math.round(ink)}</span>`);
    const ring = frame && html`<i class="ring" style="grid-area: ${frame.map((edge) => edge + 1).join(" / ")}"></i>`;
    put(this.picture, html`${cells}${ring}`);
  }

  remove() {
    if (document.digitvizGuess !== undefined) document.digitvizGuess = null; // the next page does not ask again
    release(this);
  }
}
