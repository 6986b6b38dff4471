// Keeps the visitor's place for keyboards and screen readers. Streamlit replaces or disables a control that was used, and the
// browser then drops the focus to the top of the document. After a change of pages, the new heading gets it, or is said.

import { announce, region, speak } from "./speak.js";

// A help icon would open its tooltip. A button with help is also in one.
const CONTROLS = "a[href]:not(:is(h1, h2, h3) a), button:not(.stTooltipIcon :not([data-testid^=stBaseButton])), input, select, textarea, summary, [tabindex='0']";
const KEYED = "[class*=st-key-]";
const [RESTS, TRIES] = [150, 100]; // milliseconds after a rerun, and how often to look for what it has not drawn yet
const BESIDE = { ArrowUp: -1, ArrowDown: 1 };
let held = { target: null, keys: [] }; // what had the focus last, and the keys of the containers around it, the innermost first
let isPointed = false; // by mouse or finger, which need no focus
let isTab = false; // the latest key, which enters a row of options at the chosen one, not at Streamlit's first
let page = location.pathname;
let answers = new Map();
let later = null;
const changes = new MutationObserver(wait); // a slow browser shows what a quick rerun brought, but never that it ran

const app = () => document.querySelector("[data-testid=stApp]");
const isRunning = () => app().dataset.testScriptState !== "notRunning";
const keyOf = (place) => [...place.classList].find((name) => name.startsWith("st-key-"));
const isFree = (control) => control.isConnected && !control.disabled && control.checkVisibility({ visibilityProperty: true });

function keysAround(target) {
  if (target.closest("[data-testid=stExpandSidebarButton]")) return ["stSidebar"]; // which replaces the button
  const place = target.closest(KEYED);
  return place ? [keyOf(place), ...keysAround(place.parentElement)] : [];
}

function enter(place) {
  if (!place.matches(CONTROLS)) place.tabIndex = -1;
  place.focus({ preventScroll: true });
}

function isLost() {
  return !isPointed && document.hasFocus() && document.activeElement === document.body;
}

// Focus the first control of the innermost container that is left. With patience, wait for its controls, and return false.
function goOn(isPatient) {
  const places = held.keys.map((key) => document.querySelector(`.${CSS.escape(key)}`)).filter(Boolean);
  const controls = places.map((place) => [...place.querySelectorAll(CONTROLS)].find(isFree));
  const isDrawn = places[0]?.querySelector(CONTROLS); // possibly disabled
  if (isPatient && !(isDrawn && controls.some(Boolean))) return false;
  const place = controls.find(Boolean) ?? places.find(isFree) ?? document.querySelector("h1");
  if (place) enter(place);
  return true;
}

// Texts to announce when they change: the first lines of results, a question with its answer, and the answers of predict_first.py, empty before the guess.
const answersNow = () => new Map([...document.querySelectorAll("[class*=st-key-told_], .st-key-ask_answer, [class*=st-key-][class*=_box]")].map((box) => {
  changes.observe(box, { subtree: true, childList: true, characterData: true });
  const [asked, ...words] = [...box.querySelectorAll("p")].filter((line) => !line.closest("button")).map((line) => line.textContent);
  const isGuess = box.matches("[class*=_box]:not([class*=_picture_box])"); // a guess in a picture replaces its question
  const isAsked = box.querySelector(".stButtonGroup, .stSelectbox, .stSlider, details");
  return [keyOf(box), isGuess ? (isAsked ? "" : words.join(" ")) : asked];
}));

function settle(tries = TRIES) {
  if (location.pathname !== page && isRunning()) return; // the old page is still there
  const last = answers;
  answers = answersNow();
  if (location.pathname !== page && document.querySelector("h1")) {
    page = location.pathname;
    const heading = document.querySelector("h1");
    const told = answers.get("st-key-ask_answer") ?? ""; // a question that led here, with its answer
    const isEntered = held.target && isLost(); // then the focus tells the heading
    region().next = null; // what waited was about the other page
    speak(isEntered ? told : [heading.textContent, told].join(" ").trim());
    if (isEntered) enter(heading);
    return;
  }
  const isNews = ([key, words]) => words && last.get(key) !== words && (last.has(key) || held.keys.includes(key));
  const news = [...answers].filter(isNews);
  if (news.length) announce(news.map(([, words]) => words).join(" "));
  if (held.target && !isFree(held.target) && isLost() && !goOn(tries > 0)) later = setTimeout(settle, RESTS, tries - 1);
}

function wait() {
  if (isRunning()) return; // the last wait goes on, because a live page hardly rests
  clearTimeout(later);
  later = setTimeout(settle, RESTS);
}

export function keepFocus() {
  new MutationObserver(wait).observe(app(), { attributeFilter: ["data-test-script-state"] });
  wait();
  document.addEventListener("focusout", ({ relatedTarget }) => relatedTarget || wait()); // possibly long after the rerun
  document.addEventListener("focusin", ({ target, relatedTarget }) => {
    held = { target, keys: keysAround(target) };
    const group = isTab && target.closest("[role=radiogroup]");
    if (group && !group.contains(relatedTarget)) group.querySelector("[role=radio][aria-checked=true]")?.focus();
  });
  const begin = ({ type, key }) => {
    isPointed = type === "pointerdown";
    isTab = key === "Tab";
    if (!answers.size) answers = answersNow(); // before the first act, which may come before the first rest
  };
  document.addEventListener("pointerdown", begin, true);
  document.addEventListener("keydown", (event) => {
    begin(event);
    // Streamlit's rows of options have only the keys to the left and right.
    const group = event.key in BESIDE && event.target.closest?.("[role=radio]")?.closest("[role=radiogroup]");
    if (!group) return;
    const options = [...group.querySelectorAll("[role=radio]")];
    options.at((options.indexOf(event.target) + BESIDE[event.key]) % options.length).focus();
    event.preventDefault();
  }, true);
}
