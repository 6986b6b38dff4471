// The headline of a run, which also updates the page's pictures during training. It requests the visible pictures that are
// due from the server, without rerunning the page.

import { percent } from "./numbers.js";
import { tellOfSaving } from "./saving.js";
import { announce } from "./speak.js";

const MOST_WAIT = 1000; // limit between two requests, even for a busy server, so that silence is noticed within 3 s
const RETRY = 1000; // milliseconds, after no answer from the server or no rerun at the end
const SILENCE = 1800; // milliseconds without an answer before the server is reported as silent
const GIVE_UP = 5000; // limit for one request, because a server that hung answers the latest request first
const CONFIRM = 200;
const LOADED = "digitviz-loaded-again";
const LOAD_AGAIN = 10_000;
const SOON = 8; // close enough to now
const UNKNOWN = "…";
const TOLD = 10; // number of progress announcements per run
const sleep = (milliseconds) => new Promise((done) => setTimeout(done, milliseconds));

function element(kind, name, parent) {
  const made = document.createElement(kind);
  made.className = name;
  parent.append(made);
  return made;
}

// Wait until the page is visible. Browsers slow down hidden pages anyway.
const seen = () =>
  new Promise((done) => {
    const look = () => {
      if (document.hidden) return;
      document.removeEventListener("visibilitychange", look);
      done();
    };
    document.addEventListener("visibilitychange", look);
    look();
  });

class Live {
  constructor(parent) {
    this.div = element("div", "digitviz-live", parent);
    const accuracy = element("div", "accuracy", this.div);
    this.label = element("div", "label", accuracy);
    this.accuracy = element("div", "value", accuracy);
    const progress = element("div", "progress", this.div);
    this.bar = element("div", "bar", progress);
    this.bar.setAttribute("role", "progressbar");
    this.words = element("div", "words", progress);
    this.notice = element("div", "notice", progress);
    this.done = element("div", "done", this.bar);
    this.round = 0;
  }

  // Show the data of a rerun. Pending answers from before no longer count.
  show({ headline, feed, moves, said, through }) {
    this.round += 1;
    this.slide(through);
    this.said = said;
    this.label.parentElement.title = said.meaning;
    this.bar.setAttribute("aria-label", said.progress);
    this.label.textContent = said.accuracy;
    this.known = UNKNOWN; // until it is known, because the old value may belong to another run
    this.write(headline);
    if (feed) this.follow(new URL(feed, document.baseURI).href, this.round, moves);
  }

  write({ accuracy, step, words, share, spoken, running }) {
    if (accuracy !== null) this.known = accuracy;
    this.tellAccuracy();
    this.words.textContent = words;
    this.step = step;
    this.done.style.width = `${100 * share}%`;
    this.bar.setAttribute("aria-valuenow", (100 * share).toFixed(0));
    this.bar.setAttribute("aria-valuetext", words);
    this.div.classList.remove("unheard", "silent");
    this.notice.replaceChildren();
    const heard = running ? Math.floor(TOLD * share) : spoken; // announce tenths during training, otherwise every change
    if (this.heard !== undefined && heard !== this.heard) announce(spoken);
    this.heard = heard;
  }

  // Show the accuracy at the slider's point, or the current one.
  tellAccuracy(moment = this.through?.now) {
    this.accuracy.textContent = moment ? percent(moment.accuracy) : this.known;
  }

  // If the run is paused, show the training slider instead of the bar.
  async slide(data) {
    const round = this.round;
    const { TrainingSlider } = data ? await import(new URL(data.script, document.baseURI).href) : {};
    if (round !== this.round) return;
    this.div.classList.toggle("standing", Boolean(data));
    if (TrainingSlider) {
      const host = { words: this.words, onMoment: (moment) => this.tellAccuracy(moment), send: (...sent) => this.send(...sent) };
      this.through ??= new TrainingSlider(this.bar.parentElement, host);
      this.through.update(data);
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
  tell(sentence, ...wayOn) {
    this.div.classList.add("unheard");
    this.words.textContent = "";
    this.bar.setAttribute("aria-valuetext", this.step);
    this.notice.replaceChildren();
    element("span", "sentence", this.notice).textContent = sentence;
    announce(sentence);
    this.notice.append(...wayOn);
  }

  tellOfSilence() {
    this.div.classList.add("silent");
    this.tell(this.said.silence.replace("{step}", this.step));
  }

  // The server no longer recognizes this page's session. A reload opens the run from the URL again.
  tellOfLoss() {
    this.div.classList.remove("silent");
    if (new URLSearchParams(location.search).has("run") && mayLoadAgain()) {
      location.reload();
      return;
    }
    const reload = document.createElement("button");
    reload.textContent = this.said.reload;
    reload.onclick = () => location.reload();
    this.tell(this.said.loss, reload);
  }

  // Poll the feed. If the run is paused, poll only until everything is saved.
  async follow(feed, round, moves) {
    let ended = false;
    let alarm = null; // set by the first unanswered request
    const heard = () => {
      clearTimeout(alarm);
      alarm = null;
    };
    const stands = () => round === this.round && this.div.isConnected;
    while (stands()) {
      if (document.hidden) {
        heard(); // a hidden page does not count as silence
        await seen();
      }
      const begin = performance.now();
      const due = pictures()
        .filter((plot) => plot.inView && begin + SOON >= (plot.due ?? 0))
        .sort((one, other) => (one.due ?? 0) - (other.due ?? 0)); // pictures missing from the last answer come first
      if (due.some((plot) => plot.drawing)) { // wait for slow drawing before the next request
        await sleep(SOON);
        continue;
      }
      alarm ??= setTimeout(() => stands() && this.tellOfSilence(), SILENCE);
      const asked = new URLSearchParams(due.map((plot) => ["picture", plot.last.live.name]));
      const answer = await ask(`${feed}&${asked}`); // the feed's URL already has the language
      if (!answer) {
        await sleep(RETRY);
        continue;
      }
      heard();
      if (!stands()) return;
      if (answer === GONE) {
        this.tellOfLoss();
        return;
      }
      this.write(answer.headline);
      const saving = document.querySelector(".digitviz-saving");
      if (saving) tellOfSaving(saving, answer.unsaved);
      hand(answer, due, begin);
      if (answer.more) {
        moves = true;
        await sleep(Math.max(0, begin + Math.min(MOST_WAIT, 1000 * answer.seconds) - performance.now()));
      } else if (!moves) {
        if (!answer.waits) return;
        await sleep(MOST_WAIT);
      } else if (!ended) {
        ended = true; // if a click ended it, the page is already rerunning
        await sleep(CONFIRM);
      } else {
        this.send("ended", performance.now());
        await sleep(RETRY);
      }
    }
  }

  remove() {
    this.round += 1;
    this.dropSlider();
    this.div.remove();
  }
}

const pictures = () =>
  [...document.querySelectorAll(".digitviz-plot")].map((div) => div.digitvizPlot).filter((plot) => plot?.last?.live);

// Show each picture's new frame, and set when it is next due.
function hand({ pictures, pace }, due, begin) {
  for (const plot of due) {
    const message = pictures[plot.last?.live?.name];
    if (!message) continue; // missing from this answer, or a rerun has replaced the picture
    plot.due = begin + 1000 * message.live.seconds * pace;
    plot.show(message);
  }
}

// Prevent repeated reloads if the run is lost again, or if the browser stores nothing.
function mayLoadAgain() {
  try {
    const isLongAgo = Date.now() - Number(sessionStorage.getItem(LOADED)) > LOAD_AGAIN;
    if (isLongAgo) sessionStorage.setItem(LOADED, Date.now());
    return isLongAgo;
  } catch {
    return false;
  }
}

const GONE = "gone"; // the session was closed

async function ask(address) {
  try {
    const answer = await fetch(address, { cache: "no-store", signal: AbortSignal.timeout(GIVE_UP) });
    if (answer.ok) return await answer.json();
    return answer.status === 404 ? GONE : null;
  } catch {
    return null; // refused, interrupted or too late
  }
}

export function show({ data, parentElement, setTriggerValue }) {
  const live = (parentElement.digitvizLive ??= new Live(parentElement));
  live.send = setTriggerValue;
  if (JSON.stringify(data) === live.data) return; // an unchanged rerun
  live.data = JSON.stringify(data);
  live.show(data);
}

export function remove(parentElement) {
  parentElement.digitvizLive?.remove();
  delete parentElement.digitvizLive;
}
