// What stands round every page: the language of the document, Streamlit's link past the settings in that language, and
// the sentences of the words that the text explains, and the place of what a screen reader is told.

import { region } from "./speak.js";
import "./term.js";

region();

// What belongs to every page: navigation drops it from the address, and the server writes it back. That is no step to
// which a reader would want to go back.
const OF_EVERY_PAGE = ["run", "lang"];

function isOnlyAdded(url) {
  const [here, there] = [new URL(location.href), new URL(url, location.href)];
  const added = OF_EVERY_PAGE.some((name) => there.searchParams.has(name) && !here.searchParams.has(name));
  for (const { searchParams } of [here, there]) {
    for (const name of OF_EVERY_PAGE) searchParams.delete(name);
    searchParams.sort();
  }
  return added && here.href === there.href;
}

const push = history.pushState.bind(history);
history.pushState = (state, title, url) =>
  url && isOnlyAdded(url) ? history.replaceState(state, title, url) : push(state, title, url);

export function show({ data, setTriggerValue }) {
  document.digitvizRunAnew = () => setTriggerValue("lost", performance.now()); // of a page that its server does not know
  document.documentElement.lang = data.language;
  const link = document.querySelector("[data-testid=stSkipToContent]");
  if (link) link.textContent = data.skip;
  document.documentElement.dataset.begun = ""; // see SIDEBAR_FIRST in scripts.py
}

export function remove() {}
