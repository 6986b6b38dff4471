// The box on the start page that opens the dialog with the questions, see ask.js.

import { element, tell } from "./elements.js";
import { _ } from "./words.js";

export default class AskBox {
  constructor(parent) {
    const box = element("button", "digitviz-ask-box", parent);
    this.words = element("span", "", box);
    element("kbd", "", box, "/");
    box.onclick = () => tell("ask");
  }

  rerun() {
    this.words.textContent = _("Ask about networks or this dashboard");
  }
}
