// Where a page says that its run is not being saved. What it says comes with the page, and while a training runs, from
// live.js, which finds the place by its class.

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

// What is said already is not said again.
export function tellOfSaving(div, words) {
  if (div.textContent === (words ?? "")) return;
  div.textContent = words ?? "";
  if (words) announce(words);
}

export function remove(parentElement) {
  parentElement.querySelector(".digitviz-saving")?.remove();
}
