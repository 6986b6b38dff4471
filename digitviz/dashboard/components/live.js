// The headline of a run. The stream updates it during training, together with the page's pictures, without a rerun.

import { built, element, html } from "./elements.js";
import { numeral, percent } from "./numbers.js";
import { announce } from "./speak.js";
import { follow, leave, pictures, press } from "./stream.js";
import TrainingSlider from "./training_slider.js";
import { _ } from "./words.js";

const RETRY = 1000; // milliseconds, after no rerun at the end
const CONFIRM = 200;
const LOAD_AGAIN = 10_000; // milliseconds, after it has reloaded
const UNKNOWN = "…";
const TOLD = 10; // number of progress announcements per run

const MARKUP = html`
  <div class="accuracy"><div class="label"></div><div class="value"></div></div>
  <div class="progress">
    <div class="bar" role="progressbar"><div class="done"></div></div><div class="words"></div><div class="notice"></div>
  </div>
  <div class="saving"></div>`;

export default class Live {
  static markup = MARKUP;

  constructor(parent, { signal }) {
    Object.assign(this, built(parent, "digitviz-live", this.constructor.markup));
    // Over the stream, a click counts at once. Without it, the click itself waits for the page's turn on the server.
    const onClick = (event) => {
      const isIt = this.headline && event.target.closest(".st-key-pause button:enabled");
      if (isIt && press(this, this.headline.running && !this.resumes ? "pause" : "resume")) event.stopPropagation();
    };
    document.addEventListener("click", onClick, { capture: true, signal });
  }

  // Show the data of a rerun. Messages from before no longer count.
  rerun({ headline, stream, moves, resumes, unsaved, through }) {
    this.stopEnding();
    Object.assign(this, { moves, resumes, isDrawnToResume: resumes });
    this.accuracy.title = _("Share of the test digits that the network classifies correctly. Random guessing gives 10%.");
    this.bar.ariaLabel = _("Training progress");
    this.known = UNKNOWN; // until it is known, because the old value may belong to another run
    this.write(headline);
    this.tellOfSaving(unsaved);
    this.slide(through);
    if (stream) follow(stream, this);
    else leave(this);
  }

  write(headline) {
    const { accuracy, step, spoken, running } = headline;
    this.headline = headline;
    this.div.style.setProperty("--trained", `${(100 * step) / headline.steps}%`);
    if (accuracy !== null) this.known = accuracy;
    this.tellAccuracy();
    this.tellPlace(step, headline.batch);
    this.div.classList.remove("unheard", "silent");
    this.notice.textContent = "";
    // Announce tenths during training, otherwise every change.
    const heard = running ? Math.floor((TOLD * step) / headline.steps) : spoken;
    if (this.heard !== undefined && heard !== this.heard) announce(spoken);
    this.heard = heard;
  }

  // Name what a click on the button does by now, before the page is rerun. Its sign is a text, too: the name of an icon.
  nameButton(resumes) {
    this.resumes = resumes;
    const [pause, resume] = [_("Pause"), _("Resume")];
    const names = resumes ? { pause: "resume", [pause]: resume } : { resume: "pause", [resume]: pause };
    for (const { firstChild: text } of document.querySelectorAll(".st-key-pause button :is(span, p)"))
      if (text instanceof Text && text.data in names) text.data = names[text.data]; // the page writes into the same node
  }

  // Show that the curves have reached a step, between two headlines.
  move(step) {
    const { headline } = this;
    if (!headline.running || step < headline.step) return;
    this.tellPlace(step, Math.min(Math.floor(step / headline.steps_per_batch) + 1, headline.batches));
  }

  tellPlace(step, batch) {
    const { steps, batches, words: rest } = this.headline;
    this.step = this.nameOf(step);
    const place = step && step < steps ? [_("batch {batch} of {batches}", { batch: numeral(batch), batches: numeral(batches) })] : []; // no room at the end
    const words = [this.step, ...place, ...rest].join(" · ");
    if (words === this.words.textContent) return;
    this.words.textContent = words;
    this.done.style.width = `${(100 * step) / steps}%`;
    Object.assign(this.bar, { ariaValueNow: ((100 * step) / steps).toFixed(0), ariaValueText: words });
  }

  nameOf(step) {
    return _("step {step} of {steps}", { step: numeral(step), steps: numeral(this.headline.steps) });
  }

  // Show the accuracy at the slider's point, or the current one.
  tellAccuracy(moment = this.through?.now) {
    this.value.textContent = moment ? percent(moment.accuracy) : this.known;
    this.label.textContent = moment ? _("Test accuracy") : this.headline.label;
  }

  // If the run is paused, show the training slider instead of the bar.
  slide(data) {
    this.div.classList.toggle("standing", Boolean(data));
    if (data) {
      const nameOf = (batch) => this.nameOf(batch * this.headline.steps_per_batch);
      const host = { words: this.words, nameOf, onMoment: (moment) => this.tellAccuracy(moment), send: (...sent) => this.send(...sent) };
      this.through ??= new TrainingSlider(this.progress, host);
      this.through.rerun(data);
    } else this.dropSlider();
  }

  dropSlider() {
    const { through } = this;
    this.through = null;
    if (!through) return;
    this.bar.after(this.words);
    through.remove();
  }

  // Replace outdated texts, such as the speed, by the reason why there are no updates.
  warn(sentence) {
    this.div.classList.add("unheard");
    this.words.textContent = "";
    this.bar.ariaValueText = this.step;
    this.notice.textContent = "";
    element("span", "sentence", this.notice, sentence);
    announce(sentence);
  }

  tellOfSilence(isCrowded = false) {
    this.div.classList.add("silent");
    const { step } = this;
    const silence = _("No response from the server since {step}. The page continues automatically as soon as it responds.", { step });
    this.warn(isCrowded ? _("Too many pages of this dashboard are open. Close some, and this one continues automatically.") : silence);
  }

  // The server no longer recognizes this page's session. A reload opens the run from the URL again.
  lose() {
    this.div.classList.remove("silent");
    const [{ type }] = performance.getEntriesByType("navigation");
    const isNew = type !== "reload" || performance.now() > LOAD_AGAIN; // otherwise a page that is lost again would reload again
    if (isNew && new URLSearchParams(location.search).has("run")) return location.reload();
    this.warn(_("This page has lost its run: the server was restarted, or the page was disconnected for too long."));
    element("button", "", this.notice, _("Reload the page")).onclick = () => location.reload();
  }

  // Show the run's state from the server. When training ends or resumes, rerun the page once, because its buttons change.
  tell({ headline, more, waits, unsaved, names, happening, resumes }) {
    this.write(headline);
    this.nameButton(resumes);
    this.nameAll(names);
    this.tellOfSaving(unsaved);
    document.querySelector(".digitviz-happening")?.digitvizHappening.tell(happening);
    const isAsDrawn = more ? this.moves : !this.moves && resumes === this.isDrawnToResume;
    if (isAsDrawn) this.stopEnding();
    else this.ending ??= setTimeout(() => this.end(), CONFIRM); // if a click changed it, the page is already rerunning
    if (isAsDrawn && !more && !waits && !resumes) leave(this);
  }

  // Say why the run is not being saved, or nothing.
  tellOfSaving(words) {
    if (words && words !== this.saving.textContent) announce(words);
    this.saving.textContent = words ?? "";
  }

  nameAll(names) {
    for (const plot of pictures()) if (plot.last.live.says in names) plot.name(names[plot.last.live.says]);
  }

  stopEnding() {
    clearTimeout(this.ending);
    this.ending = null;
  }

  end() {
    if (!this.div.isConnected) return;
    this.send("ended", performance.now());
    this.ending = setTimeout(() => this.end(), RETRY);
  }

  remove() {
    this.stopEnding();
    leave(this);
    this.dropSlider();
  }
}
