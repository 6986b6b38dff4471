// The box on the start page that opens the dialog with the questions, see ask.js.

import { built, html, tell } from "./elements.js";
import { _ } from "./words.js";

export default class AskBox {
  constructor(parent) {
    Object.assign(this, built(parent, "digitviz-ask-box", html`<span class="words"></span><kbd>/</kbd>`, "button"));
    this.div.onclick = () => tell("ask");
  }

  rerun() {
    this.words.textContent = _("Ask about networks or this dashboard");
  }
}
