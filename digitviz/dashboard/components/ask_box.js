// The box on the start page that opens the dialog with the questions, see ask.js.

export function show({ data, parentElement }) {
  let box = parentElement.querySelector("button");
  if (!box) {
    box = parentElement.appendChild(document.createElement("button"));
    Object.assign(box, { type: "button", className: "digitviz-ask-box" });
    box.append(document.createElement("span"), Object.assign(document.createElement("kbd"), { textContent: "/" }));
    box.onclick = () => window.dispatchEvent(new CustomEvent("digitviz:ask"));
  }
  box.firstChild.textContent = data.words;
}

export function remove(parentElement) {
  parentElement.querySelector("button")?.remove();
}
