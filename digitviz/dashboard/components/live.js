// The headline of a training, and what moves the page while it runs: it asks the server for the pictures that are in
// view and due, and hands each to its place. No page is run for it.

import { percent } from "./numbers.js";
import { tellOfSaving } from "./saving.js";
import { announce } from "./speak.js";

const MOST_WAIT = 1000; // between two requests, however busy the server: its silence must be noticed within 3 s
const RETRY = 1000; // milliseconds: after a server that did not answer, or a page that was not run anew at the end
const SILENCE = 1800; // a server that has not answered for so long is reported as silent
const GIVE_UP = 5000; // then it asks again: a server that hung answers the latest request first
const CONFIRM = 200;
const LOADED = "digitviz-loaded-again";
const LOAD_AGAIN = 10_000;
const SOON = 8; // as good as now
const UNKNOWN = "…";
const TOLD = 10; // times that the progress of a training is announced
const sleep = (milliseconds) => new Promise((done) => setTimeout(done, milliseconds));

function element(kind, name, parent) {
  const made = document.createElement(kind);
  made.className = name;
  parent.append(made);
  return made;
}

// Until the page is seen again: a browser slows what runs behind another tab down anyway.
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

  // The page was run: what it says counts, and what is on its way from before it does not.
  show({ headline, feed, moves, said, through }) {
    this.round += 1;
    this.slide(through);
    this.said = said;
    this.label.parentElement.title = said.meaning;
    this.bar.setAttribute("aria-label", said.progress);
    this.label.textContent = said.accuracy;
    this.known = UNKNOWN; // until it is told: what stands there may be another training's
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
    const heard = running ? Math.floor(TOLD * share) : spoken; // of a training that moves, its tenths; else each change
    if (this.heard !== undefined && heard !== this.heard) announce(spoken);
    this.heard = heard;
  }

  // That of the moment which the slider is at, if it is not now.
  tellAccuracy(moment = this.through?.now) {
    this.accuracy.textContent = moment ? percent(moment.accuracy) : this.known;
  }

  // Where a training stands still, a slider through it takes the place of the bar.
  async slide(data) {
    const round = this.round;
    const { Through } = data ? await import(new URL(data.script, document.baseURI).href) : {};
    if (round !== this.round) return;
    this.div.classList.toggle("standing", Boolean(data));
    if (Through) {
      const host = { words: this.words, onMoment: (moment) => this.tellAccuracy(moment), send: (...sent) => this.send(...sent) };
      this.through ??= new Through(this.bar.parentElement, host);
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

  // Nothing is heard of the training: in the place of what was true of it, such as its speed, stands why.
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

  // The server does not know this page's session any more. A run that the address names is opened again.
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

  // If the training stands, only until all is saved.
  async follow(feed, round, moves) {
    let ended = false;
    let alarm = null; // from the first request that is not answered
    const heard = () => {
      clearTimeout(alarm);
      alarm = null;
    };
    const stands = () => round === this.round && this.div.isConnected;
    while (stands()) {
      if (document.hidden) {
        heard(); // what happened meanwhile is not silence
        await seen();
      }
      const begin = performance.now();
      const due = pictures()
        .filter((plot) => plot.inView && begin + SOON >= (plot.due ?? 0))
        .sort((one, other) => (one.due ?? 0) - (other.due ?? 0)); // what was left out of an answer comes first
      if (due.some((plot) => plot.drawing)) { // the next is not asked for before, however slow the machine
        await sleep(SOON);
        continue;
      }
      alarm ??= setTimeout(() => stands() && this.tellOfSilence(), SILENCE);
      const asked = new URLSearchParams(due.map((plot) => ["picture", plot.last.live.name]));
      const answer = await ask(`${feed}&${asked}`); // which has the language already
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
        ended = true; // by a click, perhaps: then the page is being run already
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

// To each picture asked for its own frame, and when it is due again.
function hand({ pictures, pace }, due, begin) {
  for (const plot of due) {
    const message = pictures[plot.last?.live?.name];
    if (!message) continue; // left out of this answer, or the page was run and shows another picture by now
    plot.due = begin + 1000 * message.live.seconds * pace;
    plot.show(message);
  }
}

// Not time and again, should the training be lost once more; nor where the browser remembers nothing.
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
    return null; // refused, cut off or too late
  }
}

export function show({ data, parentElement, setTriggerValue }) {
  const live = (parentElement.digitvizLive ??= new Live(parentElement));
  live.send = setTriggerValue;
  if (JSON.stringify(data) === live.data) return; // a rerun that changed nothing
  live.data = JSON.stringify(data);
  live.show(data);
}

export function remove(parentElement) {
  parentElement.digitvizLive?.remove();
  delete parentElement.digitvizLive;
}
