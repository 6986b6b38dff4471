// The dialog with the questions: a box that filters a list while one types. A choice tells the server, which opens the page
// that answers it and circles the place. The questions are loaded when the dialog first opens.

import { asked, element, memory } from "./elements.js";
import { fits, search } from "./search.js";
import { speak } from "./speak.js";
import { _ } from "./words.js";

const PAUSE = 700; // milliseconds without typing before the number of questions is said
const KEY_SETTING = "digitviz-ask-key"; // in localStorage: "off" if the key / must not open the dialog, see frame.js
const STYLE = `
.digitviz-ask {
  width: min(42rem, 100vw - 2rem); max-height: min(40rem, 84dvh); margin: 8vh auto auto; padding: 0; border-radius: .6rem;
  border: 1px solid GrayText; color: CanvasText; background: Canvas; font: 1rem/1.4 var(--digitviz-font, sans-serif);
}
.digitviz-ask[open] { display: flex; flex-direction: column; }
.digitviz-ask::backdrop { background: color-mix(in srgb, black 45%, transparent); }
.digitviz-ask > :is(header, footer) { display: flex; flex-wrap: wrap; gap: .5rem 1rem; align-items: center; padding: .75rem 1rem; }
.digitviz-ask label { display: flex; gap: .5rem; align-items: center; min-height: 1.75rem; }
.digitviz-ask h2 { flex: 1; margin: 0; font-size: 1.1rem; }
.digitviz-ask :is(input[type=text], button) {
  font: inherit; color: inherit; background: transparent; border: 1px solid GrayText; border-radius: .4rem; padding: .45rem .7rem;
}
.digitviz-ask input[type=text] { flex: 1 0 100%; box-sizing: border-box; }
.digitviz-ask ul { flex: 1; overflow-y: auto; margin: 0; padding: 0 .5rem; list-style: none; }
.digitviz-ask li { padding: .5rem .6rem; border-radius: .4rem; cursor: pointer; min-height: 1.75rem; }
.digitviz-ask li[aria-selected=true] { background: Highlight; color: HighlightText; }
.digitviz-ask p { margin: 0; padding: .5rem 1rem; }
.digitviz-ask :is(input, button):focus-visible { outline: 3px solid Highlight; outline-offset: 1px; }
@media (max-width: 640px) { .digitviz-ask { margin-top: 1rem; } }
@media (hover: none) { .digitviz-ask footer { display: none; } } /* a phone has no such key */
`;
const MARKUP = `
  <header><h2 id="digitviz-ask-title"></h2><button type="button"></button>
    <input type="text" role="combobox" aria-expanded="true" aria-controls="digitviz-ask-list" aria-autocomplete="list"
      autocomplete="off" spellcheck="false" maxlength="100"></header>
  <p hidden></p>
  <ul role="listbox" id="digitviz-ask-list" aria-labelledby="digitviz-ask-title"></ul>
  <footer><label><input type="checkbox"> <span></span></label></footer>`;

let dialog = null;

class Dialog {
  constructor() {
    const sheet = new CSSStyleSheet();
    sheet.replaceSync(STYLE);
    document.adoptedStyleSheets.push(sheet);
    this.root = element("dialog", "digitviz-ask", document.body);
    this.root.setAttribute("aria-labelledby", "digitviz-ask-title");
    this.root.innerHTML = MARKUP;
    const part = (name) => this.root.querySelector(name);
    [this.input, this.list, this.doubt] = ["input[type=text]", "ul", "p"].map(part);
    [this.close, this.key] = ["button", "input[type=checkbox]"].map(part);
    this.input.oninput = () => this.filter();
    this.input.onkeydown = (event) => this.move(event);
    this.close.onclick = () => this.root.close();
    this.root.onclick = ({ target }) => {
      if (target === this.root) this.root.close(); // on the backdrop
    };
    this.key.onchange = () => memory().setItem(KEY_SETTING, this.key.checked ? "on" : "off");
    this.list.onclick = ({ target }) => {
      if (target.closest("li")) this.take(target.closest("li"));
    };
  }

  async open({ address, choose }) {
    this.choose = choose;
    if (address !== this.address) {
      Object.assign(this, await (await asked(address)).json(), { address });
    }
    const { root } = this;
    root.querySelector("h2").textContent = this.input.ariaLabel = _("Ask a question");
    root.querySelector("span").textContent = _("The key / opens this window");
    this.close.textContent = _("Close");
    this.input.placeholder = _("For example “overfitting” or “compare runs”");
    this.key.checked = memory().getItem(KEY_SETTING) !== "off";
    this.input.value = "";
    const app = document.querySelector(".stApp") ?? document.body;
    root.style.setProperty("--digitviz-font", getComputedStyle(app).fontFamily);
    root.style.colorScheme = getComputedStyle(app).colorScheme;
    this.show(this.questions);
    if (!root.open) root.showModal();
    this.input.focus();
  }

  filter() {
    const found = search(this.questions, this.input.value, this.little);
    this.show(found);
    clearTimeout(this.later);
    const count = found.length ? _("Questions found: {count}", { count: found.length }) : "";
    const words = [this.doubt.textContent, count].join(" ").trim();
    this.later = setTimeout(() => this.root.open && speak(words), PAUSE);
  }

  show(found) {
    const near = _("No question fits exactly. The closest:");
    const doubt = found.length ? near : _("No question has these words. Try another word, or look for it in the glossary.");
    this.doubt.textContent = found.length && fits(found[0], this.input.value, this.little) ? "" : doubt;
    this.doubt.hidden = !this.doubt.textContent;
    this.list.replaceChildren();
    for (const { id, text } of found) {
      Object.assign(element("li", "", this.list, text), { id: `digitviz-ask-${id}`, role: "option" });
    }
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
    this.root.close();
    this.choose(item.id.replace("digitviz-ask-", ""));
  }
}

// Open the dialog. `choose` is called with the id of the chosen question.
export async function ask(questions) {
  dialog ??= new Dialog();
  await dialog.open(questions);
}
