// The dialog with the questions: a box that filters a list while the visitor types. The server gets the choice, opens the page
// that answers it, and circles the place. The questions are loaded when the dialog first opens.

import { dialogOf } from "./dialog.js";
import { asked, html, memory, put } from "./elements.js";
import { fits, search } from "./search.js";
import { speak } from "./speak.js";
import { _ } from "./words.js";

const PAUSE = 700; // milliseconds without typing before the number of questions is said
const KEY_SETTING = "digitviz-ask-key"; // in localStorage: "off" if the key / must not open the dialog, see frame.js

// The questions, and the words that hardly count in a search, once they are loaded.
let known = null;

const markup = () => html`
  <header><h2>${_("Ask a question")}</h2><button class="close">${_("Close")}</button>
    <input class="input" type="text" role="combobox" aria-expanded="true" aria-controls="digitviz-ask-list" aria-autocomplete="list"
      autocomplete="off" spellcheck="false" maxlength="100" aria-label="${_("Ask a question")}"></header>
  <p class="doubt" hidden></p>
  <ul class="list" role="listbox" id="digitviz-ask-list" aria-labelledby="digitviz-ask-title"></ul>
  <label><input class="key" type="checkbox"> ${_("The key / opens this window")}</label>`;

class Dialog {
  constructor(choose) {
    Object.assign(this, dialogOf("digitviz-ask", markup()), { choose });
    this.input.placeholder = _("For example “overfitting” or “compare runs”");
    this.input.oninput = () => this.filter();
    this.input.onkeydown = (event) => this.move(event);
    this.key.checked = memory().getItem(KEY_SETTING) !== "off";
    this.key.onchange = () => memory().setItem(KEY_SETTING, this.key.checked ? "on" : "off");
    this.list.onclick = ({ target }) => {
      if (target.closest("li")) this.take(target.closest("li"));
    };
    this.div.style.fontFamily = getComputedStyle(document.querySelector(".stApp")).fontFamily;
    this.show(known.questions);
    this.input.focus();
  }

  filter() {
    const found = search(known.questions, this.input.value, known.little);
    this.show(found);
    clearTimeout(this.later);
    const count = found.length ? _("Questions found: {count}", { count: found.length }) : "";
    const words = [this.doubt.textContent, count].join(" ").trim();
    this.later = setTimeout(() => this.div.open && speak(words), PAUSE);
  }

  show(found) {
    const near = _("No question fits exactly. The closest:");
    const doubt = found.length ? near : _("No question has these words. Try another word, or look for it in the glossary.");
    this.doubt.textContent = found.length && fits(found[0], this.input.value, known.little) ? "" : doubt;
    this.doubt.hidden = !this.doubt.textContent;
    put(this.list, html`${found.map(({ id, text }) => html`<li id="digitviz-ask-${id}" role="option">${text}</li>`)}`);
    this.list.scrollTop = 0;
    this.select(this.list.firstElementChild);
  }

  select(item) {
    for (const other of this.list.children) other.ariaSelected = other === item;
    if (item) this.input.setAttribute("aria-activedescendant", item.id);
    else this.input.removeAttribute("aria-activedescendant");
    item?.scrollIntoView({ block: "nearest" });
  }

  move(event) {
    const { list } = this;
    const selected = list.querySelector("[aria-selected=true]");
    const targets = {
      ArrowDown: () => selected?.nextElementSibling ?? list.firstElementChild,
      ArrowUp: () => selected?.previousElementSibling ?? list.lastElementChild,
    };
    if (event.isComposing) return; // Enter ends a Chinese word here
    if (event.key === "Enter" && selected) this.take(selected);
    else if (targets[event.key]) this.select(targets[event.key]());
    else return;
    event.preventDefault();
  }

  take(item) {
    this.div.close();
    this.choose(item.id.replace("digitviz-ask-", ""));
  }
}

// Open the dialog. `choose` is called with the id of the chosen question.
export async function ask({ address, choose }) {
  if (known?.address !== address) known = { ...(await (await asked(address)).json()), address };
  if (!document.querySelector(".digitviz-ask")) new Dialog(choose);
}
