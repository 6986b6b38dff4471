// Back and Next through the steps of a lesson, with buttons, arrow keys and the keys of a presenter's remote, and printing
// of all steps. Each clicks the neighbour of the chosen step, so that URL, history and server follow as for that click.

import { built, html, sleep } from "./elements.js";
import { announce, region } from "./speak.js";
import { _ } from "./words.js";

// What uses arrows itself. The control of the steps does not: there, they choose a step.
const ROLES = ["slider", "listbox", "tablist", "img", "application", "menu", "toolbar", "dialog", "region"];
const CONTROL = ".st-key-lesson_step";
const EDITED = `input, textarea, select, [contenteditable], header, dialog, [role=radiogroup]:not(${CONTROL} *), ${ROLES.map((role) => `[role=${role}]`)}`;
const SCROLLED = "textarea, select, [role=dialog], [role=listbox], dialog";
const MOVES = { ArrowLeft: -1, PageUp: -1, ArrowRight: 1, PageDown: 1 };

const options = () => [...document.querySelectorAll(`${CONTROL} button`)];
const place = (all) => all.findIndex((option) => option.getAttribute("aria-checked") === "true");

async function go(by, isChoosing = false) {
  const all = options();
  const wanted = all[place(all) + by];
  if (wanted && isChoosing) wanted.focus();
  if (wanted) wanted.click();
  if (wanted || !all.length || by < 0 || isChoosing) return;
  const link = () => document.querySelector(".st-key-next_links a");
  for (let tries = 0; tries < 50 && !link(); tries++) await sleep(100); // the last element of the page
  if (place(options()) === all.length - 1) link()?.click();
}

// Print all steps, and show the single step again. The server draws the steps, so `beforeprint` would come too late.
async function printAll(steps) {
  const switchAll = () => document.querySelector(".st-key-whole_page input")?.click();
  const isDrawn = () =>
    document.querySelectorAll("[class*=st-key-shown_step_]").length === steps &&
    document.querySelector("[data-testid=stApp]").dataset.testScriptState === "notRunning" &&
    !document.querySelector(".digitviz-plot[data-frames='0']");
  switchAll();
  for (let tries = 0; tries < 300 && !isDrawn(); tries++) await sleep(100);
  window.addEventListener("afterprint", switchAll, { once: true });
  window.print();
}

// A key moves to another step unless the focused element uses it: a slider keeps its arrows. The keys of a remote always
// work, so they are handled before a slider receives them.
function press(event) {
  const by = MOVES[event.key];
  if (!by || event.defaultPrevented || event.altKey || event.ctrlKey || event.metaKey || event.shiftKey) return;
  const isArrow = event.key.startsWith("Arrow");
  if (event.target.closest?.(isArrow ? EDITED : SCROLLED)) return;
  event.preventDefault();
  event.stopPropagation();
  go(by, isArrow && event.target.closest?.(CONTROL));
}

export default class Stepper {
  constructor(parent, { signal }) {
    Object.assign(this, built(parent, "digitviz-stepper", html`<button class="back"></button><button class="next"></button>`));
    this.back.onclick = () => go(-1);
    this.next.onclick = () => go(1);
    document.addEventListener("keydown", press, { capture: true, signal });
    const print = (event) => {
      if (event.key.toLowerCase() !== "p" || !(event.ctrlKey || event.metaKey) || event.altKey || event.shiftKey) return;
      event.preventDefault();
      this.printing ??= printAll(options().length).finally(() => (this.printing = null)); // another press would switch back
    };
    document.addEventListener("keydown", print, { signal });
    // Streamlit itself handles a change of pages. A message from this page would bring the visitor back to it.
    const moved = () => {
      if (location.pathname.endsWith(`/${this.page}`)) this.send("address", new URLSearchParams(location.search).get("step") ?? "1");
    };
    window.addEventListener("popstate", moved, { signal });
  }

  rerun({ page, first, last, steps, spoken }) {
    if (this.spoken && spoken !== this.spoken) announce(spoken);
    this.spoken = spoken;
    this.page = page;
    options().forEach((option, at) => (option.title = steps[at] ?? ""));
    this.back.textContent = `← ${_("Back")}`;
    this.next.textContent = `${_("Next")} →`;
    this.back.disabled = first;
    this.next.disabled = last;
  }

  remove() {
    const place = region(); // other pages have no steps
    if (place.next === this.spoken) place.next = null;
    if (place.textContent === this.spoken) place.textContent = "";
  }
}
