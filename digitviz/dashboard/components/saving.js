// The notice that a run is not being saved. Its text comes with the page, and during training from live.js, which finds
// the notice by its class.

import { announce } from "./speak.js";

export function show({ data, parentElement }) {
  let div = parentElement.querySelector(".digitviz-saving");
  if (!div) {
    div = document.createElement("div");
    div.className = "digitviz-saving";
    parentElement.append(div);
  }
  tellOfSaving(div, data.words);
}

// Update the notice. Do not announce the same text again.
export function tellOfSaving(div, words) {
  if (div.textContent === (words ?? "")) return;
  div.textContent = words ?? "";
  if (words) announce(words);
}

export function remove(parentElement) {
  parentElement.querySelector(".digitviz-saving")?.remove();
}
