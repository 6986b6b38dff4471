// Accessible use of a picture without a mouse: one tab stop, keyboard shortcuts, and buttons for everything they do.
// A finger scrolls the page. It moves a picture only after a press on the picture's button.

import { ARROWS, element, named } from "./elements.js";
import { Spots } from "./spots.js";
import { _ } from "./words.js";

const ZOOM = 1.5;
const STEP = 0.2; // part of the visible range per arrow key
const ANGLE = Math.PI / 12; // per arrow key, in 3D
const HIGHEST = Math.PI / 2 - 0.05; // limit, so that the camera does not pass over the top
export const SMALL = 280; // height in pixels. Buttons would cover a lower picture, so they appear only on request
// For fingers, there are none between a picture with a question and the answers below it, either.
export const isAsking = (meta) => coarse.matches && Boolean(meta?.asks);
const AXIS = /^[xy]axis\d*$/;
const SCENE = /^scene\d*$/;
const SPATIAL = new Set(["scatter3d", "surface"]);

const STYLE = `
.digitviz-frame { position: relative; --digitviz-line: color-mix(in srgb, currentColor 40%, transparent); }
.digitviz-plot:focus { outline: none; }
.digitviz-frame:has(> .digitviz-plot:focus-visible)::after { /* Streamlit clips outlines */
  content: ""; position: absolute; inset: 0; z-index: 9; pointer-events: none; border-radius: 4px;
  border: 3px solid var(--st-primary-color, currentColor);
}
.digitviz-over { position: absolute; left: 0; top: 0; pointer-events: none; &.digitviz-faces { z-index: 1; } } /* drawings over the picture, numbers on top */
.digitviz-sketch, .digitviz-cursor { overflow: hidden; will-change: transform; }
.digitviz-sketch canvas { position: absolute; image-rendering: pixelated; }
.digitviz-sketched :is(.plot, .annotation) { visibility: hidden; } /* grid and axes stay */
.digitviz-spot {
  position: absolute; z-index: 8; box-sizing: border-box; pointer-events: none; border-radius: 6px; border: 3px solid var(--digitviz-mark);
  box-shadow: 0 0 0 1px var(--digitviz-paper), inset 0 0 0 1px var(--digitviz-paper);
}
:is(.digitviz-tools, .digitviz-film) :focus-visible { outline: 3px solid var(--st-primary-color, currentColor); outline-offset: -2px; }
.digitviz-tools {
  position: absolute; top: 0; right: 0; z-index: 10; opacity: 0; pointer-events: none;
  display: flex; flex-wrap: wrap; justify-content: flex-end; gap: 2px;
}
.digitviz-tools button {
  font: inherit; font-size: 14px; line-height: 1; min-width: 30px; min-height: 30px; padding: 2px 7px; cursor: pointer;
  color: var(--digitviz-text); background: var(--digitviz-paper);
  border: 1px solid var(--digitviz-line); border-radius: 6px;
}
.digitviz-tools button:hover { border-color: currentColor; }
.digitviz-frame [role=toolbar] button[aria-pressed=true] { color: var(--digitviz-paper); background: var(--digitviz-text); }
.digitviz-tools [name=more] { display: none; }
.digitviz-frame:focus-within > .digitviz-tools, .digitviz-tools.open, .digitviz-tools.moving {
  opacity: 1; pointer-events: auto;
}
@media (hover: hover) {
  .digitviz-frame:hover > .digitviz-tools:not(.small) { opacity: 1; pointer-events: auto; }
}
@media (pointer: coarse) {
  .digitviz-tools { top: auto; bottom: 0; } /* always visible, so below the picture: see TOOLS_HEIGHT */
  .digitviz-tools button { min-width: 40px; min-height: 36px; font-size: 15px; }
  .digitviz-tools:not(.small) { opacity: .85; pointer-events: auto; }
  .digitviz-tools:not(.small, .open, .moving) button:not([name=more], [name=turn]) { display: none; }
  .digitviz-tools:not(.small, .open, .moving) [name=more] { display: block; }
  .digitviz-frame:has(:focus-visible) > .digitviz-tools:not(.small) button { display: block; }
}
.digitviz-map-bar { display: flex; flex-wrap: wrap; align-items: center; gap: 4px; padding-top: 6px; font: inherit; > span { flex: 1; } }
.digitviz-map-bar button { font-size: 15px; padding: 3px 6px; min-height: 36px; border-radius: 6px; }
.digitviz-tip {
  position: fixed; z-index: 1000; pointer-events: none; padding: 8px; border-radius: 8px; max-width: 240px;
  font-size: 16px; line-height: 1.3; box-shadow: 0 2px 12px #0006; color: var(--digitviz-paper); background: var(--digitviz-text);
}
.digitviz-tip canvas { display: block; margin-bottom: 4px; border-radius: 4px; }
`;
const sheet = new CSSStyleSheet();
sheet.replaceSync(STYLE);
document.adoptedStyleSheets.push(sheet);

export const coarse = matchMedia("(pointer: coarse)");

// The buttons of a picture: their names, what they do, and the keys that do the same. A button without a sign shows its name. One
// that does nothing by itself says what a drag does.
const TOOLS = {
  zoom_in: { name: () => _("Zoom in"), sign: "+", keys: ["+", "="], act: (access) => access.zoom(1 / ZOOM) },
  zoom_out: { name: () => _("Zoom out"), sign: "−", keys: ["-"], act: (access) => access.zoom(ZOOM) },
  reset: { name: () => _("Reset view"), sign: "⟲", keys: ["0", "r"], act: (access) => access.reset() },
  whole: { name: () => _("Whole map"), act: (access) => access.reset() },
  zoom: { name: () => _("Zoom") },
  pan: { name: () => _("Move") },
  select: { name: () => _("Box") },
  lasso: { name: () => _("Lasso") },
  turn: { name: () => _("Rotate") },
  table: { name: () => _("Table"), keys: ["t"], act: (access) => access.table() },
  png: { name: () => _("Save as PNG"), sign: "PNG", act: (access) => access.save("png") },
  svg: { name: () => _("Save as SVG"), sign: "SVG", keys: ["s"], act: (access) => access.save("svg") },
  more: { name: () => _("Table, PNG …"), act: ({ tools }) => tools.classList.add("open") },
  map_tools: { name: () => _("Tools"), act: (access) => access.build(!access.isOpen) },
};

// The axes and scenes of a picture, by their names in the layout.
function partsOf(layout, data) {
  const parts = data.map(({ type, scene, xaxis, yaxis }) =>
    SPATIAL.has(type) ? [scene ?? "scene"] : [`xaxis${(xaxis ?? "x").slice(1)}`, `yaxis${(yaxis ?? "y").slice(1)}`]);
  return [...new Set([...parts.flat(), ...Object.keys(layout)])];
}

// Prevent dragging in the picture and on its axes, so that fingers scroll the page.
export function keepStill(layout, data) {
  layout.dragmode = false;
  for (const name of partsOf(layout, data)) {
    if (AXIS.test(name)) layout[name] = { ...layout[name], fixedrange: true };
    if (SCENE.test(name)) layout[name] = { ...layout[name], dragmode: false };
  }
}

// The initial ranges and cameras of a figure, which "Reset view" restores, except those of fixed axes.
function wholeOf(layout, data) {
  const ends = ([name, { range, autorange = true, camera }]) => {
    if (SCENE.test(name)) return [`${name}.camera`, camera];
    return range ? [`${name}.range`, range] : [`${name}.autorange`, autorange];
  };
  const parts = partsOf(layout, data).map((name) => [name, layout[name] ?? {}]);
  const free = parts.filter(([name, { fixedrange }]) => SCENE.test(name) || (AXIS.test(name) && !fixedrange));
  return structuredClone(Object.fromEntries(free.map(ends)));
}

export const TOOLS_HEIGHT = 38; // room for buttons below a picture, for fingers

export class Access {
  constructor(live) {
    this.live = live;
    this.div = live.div;
    this.tools = element("div", "digitviz-tools", live.frame);
    this.tools.role = "toolbar";
    this.spots = new Spots(live);
    live.frame.addEventListener("keydown", (event) => this.press(event));
    for (const kind of ["touchstart", "touchmove", "touchend"]) {
      live.frame.addEventListener(kind, (event) => this.touch(event), { capture: true, passive: true });
    }
    const leave = ({ target }) => live.frame.contains(target) || this.tools.classList.remove("open");
    document.addEventListener("pointerdown", leave, { capture: true, signal: live.signal });
  }

  // Call this before drawing the picture, because the bar of a map takes room below it. Unchanged buttons stay and keep the focus.
  prepare({ figure: { data }, height, language }, layout) {
    const isMap = Boolean(layout.meta?.map);
    const spatial = data.some(({ type }) => SPATIAL.has(type));
    const whole = wholeOf(layout, data);
    const zooms = Object.keys(whole).length > 0;
    const small = height < SMALL || isAsking(layout.meta);
    Object.assign(this, { layout: { ...layout }, whole, isMap, spatial, zooms, small });
    const state = JSON.stringify([language, spatial, isMap, zooms, small, coarse.matches, this.live.drag]);
    if (state === this.state) return;
    this.state = state;
    this.build();
  }

  // Call this after drawing the picture.
  update(look) {
    this.spots.update(this.layout.meta?.spots);
    const keys = _(
      "Press T for a table of the data, plus or minus to zoom, 0 to reset the view, S to save the picture. Enter moves to buttons " +
        "for all of these.",
    );
    const keysToChoose = _(
      "Use the arrow keys to choose, Enter to open, Escape to deselect. Press T for a table of the data, plus or minus to zoom, 0 to " +
        "reset the view, S to save the picture. With nothing chosen, Enter moves to buttons for all of these.",
    );
    this.div.ariaDescription = this.spots.areThere ? keysToChoose : keys;
    const colours = { text: look.template.layout.font.color, paper: look.background, mark: look.colours.orange };
    const { style } = this.live.frame;
    for (const [name, colour] of Object.entries(colours)) style.setProperty(`--digitviz-${name}`, colour);
  }

  // A large map has a bar below it, most of it folded. Other pictures have their buttons over them.
  build(isOpen = this.isOpen) {
    this.isOpen = isOpen;
    const { tools, isMap, spatial, zooms, small } = this;
    const held = tools.contains(document.activeElement) && document.activeElement.name;
    tools.ariaLabel = _("Picture tools");
    const classes = { "digitviz-map-bar": isMap, "digitviz-tools": !isMap, small, moving: this.live.drag };
    for (const [name, has] of Object.entries(classes)) tools.classList.toggle(name, Boolean(has));
    const inPlane = isMap ? (isOpen ? ["zoom", "pan", "select", "lasso"] : []) : ["pan"];
    const inSpace = coarse.matches ? ["turn"] : []; // a mouse needs no button
    const views = ["zoom_in", "zoom_out", isMap ? "whole" : "reset", ...(spatial ? inSpace : inPlane)];
    const files = small ? ["table"] : ["table", "png", "svg"];
    const gap = ""; // between those at the left and those at the right
    const names = isMap ? [...views, gap, ...(isOpen ? files : []), "map_tools"] : [...(zooms && !small ? views : []), ...files, "more"];
    tools.replaceChildren(...names.map((name) => (name === gap ? document.createElement("span") : this.button(name))));
    if (held) (tools.querySelector(`[name="${held}"]`) ?? this.div).focus();
  }

  button(name) {
    const { name: words, sign = words(), keys = [], act } = TOOLS[name];
    const button = named(document.createElement("button"), words());
    Object.assign(button, { name, textContent: sign, tabIndex: -1, ariaKeyShortcuts: keys[0] ?? null, onclick: () => act(this) });
    if (name === "map_tools") button.ariaExpanded = Boolean(this.isOpen);
    if (!act) this.chooses(button, name);
    return button;
  }

  // Let a button choose what a drag does. On a map with a mouse, one mode is always chosen. Otherwise, a second press ends it.
  chooses(button, mode) {
    const isFixed = this.isMap && !coarse.matches;
    const isOn = mode === (this.live.drag ?? (isFixed ? "zoom" : null));
    Object.assign(button, { ariaPressed: isOn, onclick: () => this.dragTo(isOn && !isFixed ? null : mode) });
    if (isOn && (!this.isMap || this.spatial)) named(button, _("Done")).textContent = _("Done");
  }

  // Set the effect of a drag: "pan", "turn", a mode of the large map, or null for the default.
  dragTo(mode) {
    this.live.drag = mode;
    if (coarse.matches) return this.live.show(this.live.last); // fixes or frees all axes
    this.build();
    return window.Plotly.relayout(this.div, { dragmode: mode ?? this.layout.dragmode ?? "zoom" });
  }

  // --- keys ------------------------------------------------------------------------------------------------------

  press(event) {
    const { key, target } = event;
    if (event.defaultPrevented || event.altKey || event.ctrlKey || event.metaKey || !this.layout) return;
    const isInBar = this.tools.contains(target);
    if (!isInBar && target !== this.div) return;
    const tool = Object.values(TOOLS).find(({ keys }) => keys?.includes(key.toLowerCase()));
    const act = (isInBar ? this.inBar(target) : this.onPicture())[key] ?? tool?.act;
    if (!act || act(this) === false) return;
    event.preventDefault();
    event.stopPropagation(); // Streamlit uses R and C, and lessons use the arrows
  }

  // An arrow moves to the next clickable spot. Without spots, it shifts the view.
  onPicture() {
    const arrows = Object.entries(ARROWS).map(([key, [right, down]]) =>
      [key, () => this.spots.go(right, down) || this.shift(right, -down)]);
    return {
      ...Object.fromEntries(arrows),
      Enter: () => this.spots.click() || this.buttonsShown()[0]?.focus(),
      Escape: () => this.spots.letGo(),
    };
  }

  inBar(button) {
    const buttons = this.buttonsShown();
    const at = buttons.indexOf(button);
    const places = { ArrowLeft: at - 1, ArrowRight: (at + 1) % buttons.length, Home: 0, End: -1 };
    const moves = Object.entries(places).map(([key, place]) => [key, () => buttons.at(place).focus()]);
    return { ...Object.fromEntries(moves), Escape: () => this.div.focus() };
  }

  buttonsShown() {
    return [...this.tools.querySelectorAll("button")].filter((button) => button.checkVisibility());
  }

  // --- what is in view -------------------------------------------------------------------------------------------

  // The axes or scenes that visitors may move, even if they are fixed for fingers.
  parts() {
    return Object.keys(this.whole).map((part) => part.split(".")[0]);
  }

  // Change the layout like an interaction by hand, so that Plotly keeps it in the next drawing.
  relayout(change) {
    const full = this.div._fullLayout;
    full._guiEditing = true;
    const done = window.Plotly.relayout(this.div, change);
    full._guiEditing = false;
    return done;
  }

  // Change a property of each axis or scene.
  change(property, valueOf) {
    const changes = this.parts().map((name) => [`${name}.${property}`, valueOf(this.div._fullLayout[name], name[0])]);
    return this.relayout(Object.fromEntries(changes));
  }

  // Set a new range for each axis, computed from its current ends on a linear scale, so that log axes work.
  stretch(ends) {
    return this.change("range", ({ range, r2l, l2r }, letter) => ends(...range.map(r2l), letter).map(l2r));
  }

  moveCamera(place) {
    return this.change("camera.eye", ({ _scene: scene, camera }) => place((scene?.getCamera() ?? camera).eye));
  }

  zoom(factor) {
    if (this.spatial) return this.moveCamera(({ x, y, z }) => ({ x: x * factor, y: y * factor, z: z * factor }));
    if (!this.zooms) return false;
    return this.stretch((from, to) => {
      const [middle, half] = [(from + to) / 2, ((to - from) / 2) * factor];
      return [middle - half, middle + half];
    });
  }

  shift(right, up) {
    if (this.spatial) return this.moveCamera((eye) => turned(eye, right * ANGLE, up * ANGLE));
    if (!this.isZoomed()) return false;
    return this.stretch((from, to, letter) => {
      // A reversed axis has its larger end first, so a step up or right always follows the axis's direction.
      const by = (to - from) * STEP * (letter === "x" ? right : up);
      return [from + by, to + by];
    });
  }

  isZoomed() {
    return this.parts().some((name) => {
      const { autorange, range, _rangeInitial0: from, _rangeInitial1: to } = this.div._fullLayout[name];
      return !autorange && (range[0] !== from || range[1] !== to);
    });
  }

  // Reset the view, like a double click.
  reset() {
    return this.zooms && this.relayout(structuredClone(this.whole));
  }

  // In 3D, Plotly would handle every touch itself.
  touch(event) {
    if (coarse.matches && this.spatial && !this.live.drag && event.target.closest?.(".gl-container")) {
      event.stopPropagation();
    }
  }

  // --- files -----------------------------------------------------------------------------------------------------

  save(format) {
    if (this.isMap && format === "png") return this.live.parts.map.savePng();
    const scale = format === "png" ? 2 : 1;
    return window.Plotly.downloadImage(this.div, { format, scale, filename: this.div.dataset.name });
  }

  async table() {
    const { showTable } = await import("./table.js");
    await this.live.parts.grows?.complete();
    showTable(this.live.frame, this.div);
  }
}

// Position of a camera after a rotation around its target.
function turned({ x, y, z }, around, up) {
  const far = Math.hypot(x, y, z);
  const direction = Math.atan2(y, x) + around;
  const height = Math.max(-HIGHEST, Math.min(HIGHEST, Math.asin(z / far) + up));
  return {
    x: far * Math.cos(height) * Math.cos(direction),
    y: far * Math.cos(height) * Math.sin(direction),
    z: far * Math.sin(height),
  };
}
