// A dialog over the page. Escape, its button or a click beside it closes and removes it, and the focus goes back to where it was.

import { built } from "./elements.js";

const STYLE = `
.digitviz-dialog {
  padding: 1rem; border: 1px solid GrayText; border-radius: .6rem; color: CanvasText; background: Canvas; font-size: 1rem; line-height: 1.4;
}
.digitviz-dialog::backdrop { background: color-mix(in srgb, black 45%, transparent); }
.digitviz-dialog h2 { margin: 0; padding: 0; font-size: 1.1rem; line-height: 1.3; font-weight: 600; }
.digitviz-dialog p { margin: .5rem 0; }
.digitviz-dialog :is(input[type=text], button) {
  font: inherit; color: inherit; background: transparent; border: 1px solid GrayText; border-radius: .4rem; padding: .45rem .7rem;
}
.digitviz-dialog :focus-visible { outline: 3px solid Highlight; outline-offset: 1px; }

.digitviz-table { width: max-content; max-width: min(94vw, 900px); }
.digitviz-table .scroll { overflow: auto; max-height: 60vh; }
.digitviz-table table { border-collapse: collapse; font-variant-numeric: tabular-nums; }
.digitviz-table :is(th, td) { padding: 2px 12px; border-bottom: 1px solid GrayText; text-align: left; }
.digitviz-table .number { text-align: right; }
.digitviz-table thead th { position: sticky; top: 0; background: Canvas; }
.digitviz-table .buttons { display: flex; flex-wrap: wrap; gap: .5rem; margin-top: .75rem; }

.digitviz-ask { width: min(42rem, 100vw - 2rem); max-height: min(40rem, 84dvh); margin: 8vh auto auto; }
.digitviz-ask[open] { display: flex; flex-direction: column; gap: .75rem; }
.digitviz-ask header { display: flex; flex-wrap: wrap; gap: .5rem 1rem; align-items: center; }
.digitviz-ask h2 { flex: 1; }
.digitviz-ask input[type=text] { flex: 1 0 100%; box-sizing: border-box; }
.digitviz-ask p { margin: 0; }
.digitviz-ask ul { flex: 1; overflow-y: auto; margin: 0; padding: 0; list-style: none; }
.digitviz-ask :is(li, label) { padding: .5rem .6rem; border-radius: .4rem; cursor: pointer; min-height: 1.75rem; }
.digitviz-ask li[aria-selected=true] { background: Highlight; color: HighlightText; }
@media (max-width: 640px) { .digitviz-ask { margin-top: 1rem; } }
@media (hover: none) { .digitviz-ask label { display: none; } } /* a phone has no such key */
`;
const sheet = new CSSStyleSheet();
sheet.replaceSync(STYLE);
document.adoptedStyleSheets.push(sheet);

// Open a dialog of a class with this markup: its heading and a button of the class "close". The result is that of `built`.
export function dialogOf(className, markup, parent = document.body) {
  const parts = built(parent, `digitviz-dialog ${className}`, markup, "dialog");
  const { div: dialog, close } = parts;
  const heading = dialog.querySelector("h2");
  heading.id = `${className}-title`;
  dialog.setAttribute("aria-labelledby", heading.id);
  close.onclick = () => dialog.close();
  dialog.addEventListener("click", ({ target }) => target === dialog && dialog.close());
  dialog.addEventListener("close", () => dialog.remove());
  dialog.showModal();
  return parts;
}
