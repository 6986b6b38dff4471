// Words of the field in a page's text are links to #term-CODE. The sentence with that id is shown beside its word while
// that is pointed at or has the focus, and after it was tapped, clicked or chosen by Enter until anything else is pressed.

const WORD = 'a[href^="#term-"]';
let word = null; // whose sentence is shown
let sentence = null;
let pressed = false;

const wordAt = (target) => target.closest?.(WORD) ?? null;
const isOutside = (target) => word && wordAt(target) !== word && !sentence.contains(target);

// A step, a language or a page may be left while a sentence is shown.
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

document.addEventListener("pointerover", ({ target, pointerType }) => {
  if (pointerType === "touch") return; // a tap is a click
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
  event.preventDefault(); // the address is the page's
  if (asked === word && pressed) return hide();
  show(asked);
  pressed = true;
});
document.addEventListener(
  "keydown",
  (event) => {
    if (event.key !== "Escape" || !word) return;
    event.stopPropagation(); // nothing else is closed with it
    hide();
  },
  true,
);

const already = document.querySelector(`${WORD}:is(:hover, :focus-visible)`);
if (already) show(already);
