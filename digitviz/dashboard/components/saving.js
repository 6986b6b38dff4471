// The notice that a run is not being saved. Its text comes with the page, and during training from live.js, which finds
// the notice by its class.

import { element } from "./elements.js";
import { announce } from "./speak.js";

export function show({ data, parentElement }) {
  const known = parentElement.querySelector(".digitviz-saving");
  tellOfSaving(known ?? element("div", "digitviz-saving", parentElement), data.words);
}

// Update the notice. Do not announce the same text again.
export function tellOfSaving(div, words) {
  if (div.textContent === (words ?? "")) return;
  div.textContent = words ?? "";
  if (words) announce(words);
}
