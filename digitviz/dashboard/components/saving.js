// Where a page says that its run is not being saved. What it says comes with the page, and while a training runs, from
// live.js, which finds the place by its class.

export function show({ data, parentElement }) {
  let div = parentElement.querySelector(".digitviz-saving");
  if (!div) {
    div = document.createElement("div");
    div.className = "digitviz-saving";
    div.setAttribute("role", "status");
    parentElement.append(div);
  }
  div.textContent = data.words ?? "";
}

export function remove(parentElement) {
  parentElement.querySelector(".digitviz-saving")?.remove();
}
