// A button that takes a file home. The file is asked for here rather than by a link: then what a server that is busy,
// restarted or at a loss answers is said at the button, and not by an error page of the browser.

import { speak } from "./speak.js";

const SLOW = 400; // milliseconds after which the reader is told that the file is being made
const PATIENCE = 60_000; // for a server that makes other files, or is silent
const RUN_ANEW = 30_000; // within which a page that the server did not know has been run again
const ASK_AGAIN = 4_000; // to have it run: what is asked while the browser is not connected again is lost
const KEPT = 60_000; // the browser may still be reading the file
const ICON = "M12 16 7 11l1.4-1.45L11 12.15V4h2v8.15l2.6-2.6L17 11zM6 20q-.825 0-1.412-.587T4 18v-3h2v3h12v-3h2v3q0 .825-.587 1.413T18 20z";
const sleep = (milliseconds) => new Promise((done) => setTimeout(done, milliseconds));

class Unanswered extends Error {} // its message is for the reader

function icon() {
  const picture = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  picture.setAttribute("viewBox", "0 0 24 24");
  picture.setAttribute("aria-hidden", "true");
  picture.append(document.createElementNS("http://www.w3.org/2000/svg", "path"));
  picture.firstChild.setAttribute("d", ICON);
  return picture;
}

let made = 0; // buttons; each has a name, below which its sentences stand

class Download {
  constructor(parent) {
    this.div = document.createElement("div");
    this.div.className = "digitviz-download";
    this.button = document.createElement("button");
    this.button.type = "button";
    this.button.onclick = () => this.press();
    this.said = document.createElement("div");
    this.said.className = "digitviz-sentence said"; // like a word's sentence it stands over the page, which does not move
    this.said.popover = "auto";
    this.button.style.anchorName = this.said.style.positionAnchor = `--digitviz-download-${(made += 1)}`;
    this.div.append(this.button, this.said);
    parent.append(this.div);
  }

  show(data) {
    const isNew = data.label !== this.data?.label;
    this.data = data;
    const label = document.createElement("span");
    label.textContent = data.label;
    this.button.replaceChildren(...(data.icon ? [icon()] : []), label);
    this.button.disabled = !data.address;
    if (isNew && !this.isBusy) this.say(""); // it was said of another file
    this.heard?.();
  }

  // Say a sentence below the button, until Escape or a click elsewhere; nothing is left of it if it is empty.
  say(sentence, ...wayOn) {
    this.said.replaceChildren();
    if (!this.said.isConnected) return; // the reader has left the page
    this.said.togglePopover(Boolean(sentence));
    this.said.append(sentence, ...wayOn);
    if (sentence) speak(sentence);
  }

  async press() {
    if (this.isBusy) return;
    this.isBusy = true;
    this.button.setAttribute("aria-busy", "true");
    this.say("");
    const slow = setTimeout(() => this.say(this.data.said.making), SLOW);
    try {
      save(await this.file());
      this.say("");
    } catch (error) {
      if (!(error instanceof Unanswered)) throw error;
      this.say(error.message, ...(error.message === this.data.said.loss ? [this.reload()] : []));
    } finally {
      clearTimeout(slow);
      this.isBusy = false;
      this.button.removeAttribute("aria-busy");
    }
  }

  // Return the file and its name, as soon as the server has made it.
  async file() {
    const { said } = this.data;
    const until = performance.now() + PATIENCE;
    while (true) {
      const asked = this.data.address;
      try {
        const address = new URL(asked, document.baseURI).href;
        const answer = await fetch(address, { cache: "no-store", signal: AbortSignal.timeout(PATIENCE) });
        if (answer.ok) return { content: await answer.blob(), name: nameOf(answer) };
        if (answer.status === 503 && performance.now() < until) {
          this.say(said.busy);
          await sleep(1000 * (Number(answer.headers.get("Retry-After")) || 1));
          continue;
        }
        if (answer.status !== 404) throw new Unanswered(await reason(answer, said.failure));
      } catch (error) {
        throw error instanceof Unanswered ? error : new Unanswered(said.silence);
      }
      if (!(await this.isRunAnew(asked))) throw new Unanswered(said.loss);
    }
  }

  // The server does not know this session under that address any more: once the page is run, it is known by another.
  async isRunAnew(asked) {
    const hasOther = () => this.data.address && this.data.address !== asked;
    const until = performance.now() + RUN_ANEW;
    while (!hasOther() && performance.now() < until) {
      document.digitvizRunAnew?.(); // see frame.js: a server that was restarted knows no part of the page
      await Promise.race([sleep(ASK_AGAIN), new Promise((heard) => (this.heard = heard))]);
    }
    return hasOther();
  }

  reload() {
    const button = document.createElement("button");
    button.type = "button";
    button.textContent = this.data.said.reload;
    button.onclick = () => location.reload();
    return button;
  }
}

const nameOf = (answer) => /filename="([\w.-]+)"/.exec(answer.headers.get("Content-Disposition") ?? "")?.[1] ?? "digitviz";

async function reason(answer, otherwise) {
  try {
    return String((await answer.json()).said || otherwise);
  } catch {
    return otherwise; // what answered is no server of ours, but a proxy
  }
}

function save({ content, name }) {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(content);
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), KEPT);
}

export function show({ data, parentElement }) {
  const download = (parentElement.digitvizDownload ??= new Download(parentElement));
  if (JSON.stringify(data) === download.shown) return; // a rerun that changed nothing
  download.shown = JSON.stringify(data);
  download.show(data);
}

export function remove(parentElement) {
  parentElement.digitvizDownload?.div.remove();
  delete parentElement.digitvizDownload;
}
