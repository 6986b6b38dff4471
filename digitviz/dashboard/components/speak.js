// What a screen reader says of the page beside what has the focus: one polite live region for all that the page shows.
// Whoever imports this may have a copy of its own (by an address with a hash), so what it knows is kept at the region.

const ID = "digitviz-spoken";
const EVERY = 3000; // milliseconds between two sentences that nobody asked for

// It has to be there before anything is said in it.
export function region() {
  const known = document.getElementById(ID);
  if (known) return known;
  const made = Object.assign(document.createElement("div"), { id: ID, next: null, waits: null });
  made.setAttribute("role", "status");
  made.setAttribute("aria-live", "polite");
  made.style.cssText = "position: fixed; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%)";
  document.body.append(made);
  return made;
}

// The answer to a key or a click: at once.
export function speak(words) {
  region().textContent = words;
}

// What happens by itself: the latest sentence, at most once in three seconds.
export function announce(words) {
  region().next = words;
  if (!region().waits) sayNext();
}

function sayNext() {
  const place = region();
  place.waits = place.next && setTimeout(sayNext, EVERY);
  if (place.next) place.textContent = place.next;
  place.next = null;
}

// As a component it has no look: it announces the words with which the page was run, once.
export function show({ data, parentElement }) {
  if (data.words && data.words !== parentElement.digitvizSaid) announce(data.words);
  parentElement.digitvizSaid = data.words;
}

export function remove(parentElement) {
  delete parentElement.digitvizSaid;
}
