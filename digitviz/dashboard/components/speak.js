// Announcements for screen readers: one polite live region for the whole page. Importers may have different copies of this
// module (by URLs with a hash), so the state is stored in the region.

const ID = "digitviz-spoken";
const EVERY = 3000; // milliseconds between two sentences that visitors did not request

// Create the region, which must exist before its first sentence.
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

// Say the answer to a key or a click at once. Automatic changes wait until it was heard.
export function speak(words) {
  const place = region();
  place.textContent = words;
  clearTimeout(place.waits);
  place.waits = words && setTimeout(sayNext, EVERY);
}

// Say the latest sentence about an automatic change, at most once in three seconds.
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

// As a component it shows nothing. It announces the text of a rerun once.
export function show({ data, parentElement }) {
  if (data.words && data.words !== parentElement.digitvizSaid) (data.isAnswer ? speak : announce)(data.words);
  parentElement.digitvizSaid = data.words;
}
