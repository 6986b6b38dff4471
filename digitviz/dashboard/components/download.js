// A download button. It requests the file with a script instead of a link, so that it can show errors of a busy, restarted
// or failing server next to the button instead of the browser's error page.

import { built, element, html, saveFile, shape, sleep } from "./elements.js";
import { speak } from "./speak.js";
import { _ } from "./words.js";

const SLOW = 400; // milliseconds before the button shows that the server is preparing the file
const PATIENCE = 60_000; // limit for a server that is busy or does not respond
const RUN_ANEW = 30_000; // limit for a rerun of a page that the server did not recognize
const ASK_AGAIN = 4_000; // time between requests for a rerun, which are lost until the browser reconnects
const ICON = "M12 16 7 11l1.4-1.45L11 12.15V4h2v8.15l2.6-2.6L17 11zM6 20q-.825 0-1.412-.587T4 18v-3h2v3h12v-3h2v3q0 .825-.587 1.413T18 20z";

// What it says is over the page like a definition, so nothing moves.
const MARKUP = html`<button class="button"></button><div class="said digitviz-sentence" popover></div>`;
let made = 0; // number of buttons, for unique anchor names

export default class Download {
  constructor(parent) {
    Object.assign(this, built(parent, "digitviz-download", MARKUP));
    this.button.onclick = () => this.press();
    this.button.style.anchorName = this.said.style.positionAnchor = `--digitviz-download-${(made += 1)}`;
  }

  rerun(data) {
    const isNew = data.label !== this.data?.label;
    this.data = data;
    this.button.replaceChildren();
    if (data.icon) shape("path", { d: ICON }, shape("svg", { viewBox: "0 0 24 24", "aria-hidden": true }, this.button));
    element("span", "", this.button, data.label);
    this.button.disabled = !data.address;
    if (isNew && !this.isBusy) this.say(""); // the message was about another file
    this.heard?.();
  }

  // Show a sentence below the button until Escape or a click elsewhere. An empty sentence hides it.
  say(sentence) {
    this.said.replaceChildren();
    if (!this.said.isConnected) return; // the visitor has left the page
    this.said.togglePopover(Boolean(sentence));
    this.said.append(sentence);
    if (sentence) speak(sentence);
  }

  async press() {
    if (this.isBusy) return;
    this.isBusy = true;
    this.button.setAttribute("aria-busy", "true");
    this.say("");
    const slow = setTimeout(() => this.say(_("Preparing the file…")), SLOW);
    const file = await this.file().catch(() => this.say(_("The server is not responding. Try again in a moment.")));
    clearTimeout(slow);
    if (file) {
      saveFile(...file);
      this.say("");
    }
    this.isBusy = false;
    this.button.removeAttribute("aria-busy");
  }

  // Return the file and its name once the server has made it, or say why it has not.
  async file() {
    const until = performance.now() + PATIENCE;
    while (true) {
      const asked = this.data.address;
      const address = new URL(asked, document.baseURI).href;
      const answer = await fetch(address, { cache: "no-store", signal: AbortSignal.timeout(PATIENCE) });
      if (answer.ok) return [await answer.blob(), nameOf(answer)];
      if (answer.status === 503 && performance.now() < until) {
        this.say(_("The server is busy with other files. Yours starts as soon as possible."));
        await sleep(1000 * (Number(answer.headers.get("Retry-After")) || 1));
      } else if (answer.status !== 404) {
        return this.say(await reason(answer));
      } else if (!(await this.isRunAnew(asked))) {
        this.say(_("The server no longer recognizes this page: the server was restarted, or the page was disconnected for too long."));
        element("button", "", this.said, _("Reload the page")).onclick = () => location.reload();
        return null;
      }
    }
  }

  // The server no longer recognizes this session under its URL. A rerun of the page gets a new one.
  async isRunAnew(asked) {
    const hasOther = () => this.data.address && this.data.address !== asked;
    const until = performance.now() + RUN_ANEW;
    while (!hasOther() && performance.now() < until) {
      document.digitvizRunAnew?.(); // see frame.js, because a restarted server knows no part of the page
      await Promise.race([sleep(ASK_AGAIN), new Promise((heard) => (this.heard = heard))]);
    }
    return hasOther();
  }
}

const nameOf = (answer) => /filename="([\w.-]+)"/.exec(answer.headers.get("Content-Disposition") ?? "")?.[1] ?? "digitviz";

async function reason(answer) {
  const told = await answer.json().catch(() => null); // from a proxy instead of our server
  return String(told?.said || _("This file could not be created."));
}
