// Terms in a page's text are links to #term-CODE. The definition with that id appears next to its term while the pointer
// moves over the term, not if a new page has put it under a resting one, or the term is focused. After a tap, a click or Enter, it stays until something else is pressed.

const WORD = 'a[href^="#term-"]';
let word = null; // the term of the shown definition
let sentence = null;
let pressed = false;

const wordAt = (target) => target.closest?.(WORD) ?? null;
const isOutside = (target) => word && wordAt(target) !== word && !sentence.contains(target);

// A step, a language or a page may change while a definition is shown.
const left = new MutationObserver(() => (word.isConnected && sentence.isConnected) || hide());

function show(asked) {
  if (asked === word) return;
  hide();
  const found = document.getElementById(asked.hash.slice(1));
  if (!found) return;
  [word, sentence] = [asked, found];
  word.style.anchorName = "--digitviz-word";
  word.setAttribute("aria-describedby", sentence.id);
  sentence.showPopover();
  left.observe(document.body, { childList: true, subtree: true });
}

function hide() {
  if (!word) return;
  left.disconnect();
  word.style.anchorName = "";
  if (sentence.isConnected) sentence.hidePopover();
  word = sentence = null;
  pressed = false;
}

function leave() {
  if (word && !pressed && !word.matches(":focus-visible")) hide();
}

document.addEventListener("pointermove", ({ target, pointerType }) => {
  if (pointerType === "touch") return; // a tap sends a click, too
  const asked = wordAt(target);
  if (asked) show(asked);
  else if (isOutside(target)) leave();
});
document.documentElement.addEventListener("pointerleave", leave);
document.addEventListener("focusin", ({ target }) => {
  if (wordAt(target)?.matches(":focus-visible")) show(target);
  else if (isOutside(target)) hide();
});
document.addEventListener("pointerdown", ({ target }) => isOutside(target) && hide());
document.addEventListener("click", (event) => {
  const asked = wordAt(event.target);
  if (!asked) return;
  event.preventDefault(); // keeps the page's URL
  if (asked === word && pressed) return hide();
  show(asked);
  pressed = true;
});
document.addEventListener(
  "keydown",
  (event) => {
    if (event.key !== "Escape" || !word) return;
    event.stopPropagation(); // so that Escape closes nothing else
    hide();
  },
  true,
);

const already = document.querySelector(`${WORD}:focus-visible`);
if (already) show(already);
