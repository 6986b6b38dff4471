// The frame of every page: the document's language, Streamlit's skip link in that language, the definitions of terms, the
// live region and the focus for screen readers, and the key / that opens the questions (ask.js).

import { memory } from "./elements.js";
import { keepFocus } from "./focus.js";
import { region } from "./speak.js";
import "./term.js";
import { _ } from "./words.js";

region();

// Back leads to another page, step or run. Other parameters follow the controls of a page, which Back does not move, so
// they make no history entry. Navigation removes the run from the URL for a moment, and a reset removes it for good.
function isSamePlace(url) {
  const [here, there] = [new URL(location.href), new URL(url, location.href)];
  const isSame = (name) => here.searchParams.get(name) === there.searchParams.get(name);
  const isOtherRun = !isSame("run") && here.searchParams.has("run") && there.searchParams.has("run");
  return here.pathname === there.pathname && isSame("step") && !isOtherRun;
}

const push = history.pushState.bind(history);
history.pushState = (state, title, url) =>
  url && isSamePlace(url) ? history.replaceState(state, title, url) : push(state, title, url);

const TYPED_IN = "input, textarea, select, [contenteditable], [role=textbox], [role=combobox], dialog, [role=dialog]";

// The buttons that open and close the settings. Streamlit's names are English. On a phone, it also opens the menu.
const SWITCHES = ["[data-testid=stExpandSidebarButton]", "[data-testid=stSidebarCollapseButton] button"];
const nameSwitch = () => document.digitvizQuestions && [innerWidth < 768 ? _("Menu") : _("Settings"), _("Close")].forEach((name, place) =>
  document.querySelector(SWITCHES[place])?.setAttribute("aria-label", name));

// Focus what a busy browser may not have drawn yet.
function focusSoon(selector, tries = 40) {
  const button = document.querySelector(selector);
  button?.focus();
  if (tries && (!button || document.activeElement !== button)) setTimeout(focusSoon, 50, selector, tries - 1);
}

async function ask() {
  const { ask } = await import("./ask.js");
  ask(document.digitvizQuestions);
}

if (!document.digitvizQuestions) {
  keepFocus();
  new MutationObserver(nameSwitch).observe(document.querySelector("[data-testid=stHeader]"), { childList: true, subtree: true });
  document.addEventListener("click", ({ target, isTrusted, detail }) => {
    if (target.closest?.(".digitviz-ask-box")) ask();
    const place = SWITCHES.findIndex((button) => target.closest?.(button));
    if (isTrusted && !detail && place >= 0) setTimeout(focusSoon, 0, SWITCHES[1 - place]); // pressed by a key
  });
  for (const type of ["click", "wheel"]) document.addEventListener(type, closeMenu, { passive: true });
  window.addEventListener("keydown", async (event) => {
    const { key, ctrlKey, metaKey, altKey, isComposing, target } = event;
    if (key !== "/" || ctrlKey || metaKey || altKey || isComposing || target.closest?.(TYPED_IN)) return;
    if (memory().getItem("digitviz-ask-key") === "off") return;
    event.preventDefault(); // otherwise the character would be typed in the box
    await ask();
  });
}

// Show another page from its top, unless its address names a place. A spotlight scrolls later.
function openAtTop(page) {
  const { digitvizPage: left } = document;
  document.digitvizPage = page;
  if (left !== undefined && left !== page && !location.hash) document.querySelector("[data-testid=stMain]")?.scrollTo(0, 0);
}

// Close the menu of a narrow window after a click on a page in it. On phones, Streamlit does. Close a menu or settings that
// lie over the page after a click beside them or a turn of the wheel there, which page.css keeps from the page.
function closeMenu({ target, clientX, type }) {
  const menu = target.closest?.("[data-testid=stSidebar]");
  const close = () => menu.querySelector("[data-testid=stSidebarCollapseButton] button")?.click();
  if (target === menu && clientX > menu?.getBoundingClientRect().right) close();
  if (type !== "click" || !menu || !target.closest("[data-testid=stSidebarNavLink]")) return;
  setTimeout(() => {
    if (menu.dataset.collapsed === "false" && menu.offsetWidth > innerWidth / 2) close(); // also while it still slides in
  }, 100);
}

export function show({ data, setTriggerValue }) {
  openAtTop(data.page);
  document.digitvizQuestions = { address: data.questions, choose: (id) => setTriggerValue("asked", id) };
  nameSwitch();
  document.digitvizRunAnew = () => setTriggerValue("lost", performance.now()); // for a page that its server does not know
  const link = document.querySelector("[data-testid=stSkipToContent]");
  if (link) link.textContent = _("Skip to main content");
  const refused = _("The file marked in red was not accepted. Is it larger than the limit above?");
  const words = { more: _("More"), upload: _("Choose a file"), none: _("Nothing else to choose"), settings: _("Settings"), refused, "no-maths": _("no maths"), maths: _("with maths") };
  for (const [name, text] of Object.entries(words)) document.documentElement.style.setProperty(`--digitviz-${name}`, JSON.stringify(text));
  document.querySelector("[data-testid=stMain]").setAttribute("aria-label", data.title); // a stop of the Tab key
  document.documentElement.dataset.section = data.section; // see page.css
  document.documentElement.dataset.begun = ""; // see SIDEBAR_FIRST in assets.py
  document.body.style.colorScheme = getComputedStyle(document.querySelector(".stApp")).colorScheme; // for dialogs, which are beside it
}
