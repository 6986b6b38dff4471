// A live plot: it shows figures and reports clicks. Plotly.react redraws in place, so that zoom and hover survive.

import { element, tell } from "./elements.js";
import { percent, short } from "./numbers.js";
import { _ } from "./words.js";

const calm = matchMedia("(prefers-reduced-motion: reduce)");
// Parts of a picture: script and class by the entry of `layout.meta` or `live` that needs them. A part may change the data before
// they are drawn (`prepare`), is notified afterwards (`drawn`), and is removed when a figure does not need it. The last two are only
// there while something runs.
const PARTS = {
  lit: ["lit", "Lit"], faces: ["faces", "Faces"], map: ["map", "LargeMap"], follows: ["follow", "Follower"],
  grows: ["curves", "GrowingCurves"], moves: ["moving", "Moving"],
};
const WHILE_LIVE = ["grows", "moves"];
const SPATIAL = new Set(["scatter3d", "surface"]);
let library = null;
let themes = null;
let whole = null;

const loadScript = (src) => new Promise((onload, reject) => {
  const onerror = () => reject(new Error("The plotting library did not load."));
  document.head.append(Object.assign(document.createElement("script"), { src, onload, onerror }));
});

// The script for plots in the plane is a third of the library. The whole library is loaded for the first plot in 3D.
function load(figure) {
  library ??= loadScript("plotly/plane.min.js");
  themes ??= fetch("digitviz-assets/themes.json").then((answer) => answer.json());
  const isSpatial = figure?.data.some(({ type }) => SPATIAL.has(type));
  if (isSpatial) whole ??= library.then(() => loadScript("plotly/plotly.min.js"));
  return Promise.all([themes, import("./access.js"), isSpatial ? whole : library]);
}
load();

// The point in training at the training slider, null for the server's data. Pictures with `meta.follows` show it, see
// follow.js.
let shownMoment = null;
const plots = new Set();
window.addEventListener("digitviz:moment", ({ detail }) => {
  shownMoment = detail;
  for (const plot of plots) plot.follow();
});
window.addEventListener("digitviz:lit", () => plots.forEach((plot) => plot.parts.lit?.show()));
window.addEventListener("digitviz:found", () => plots.forEach((plot) => plot.parts.lit?.mark()));
window.addEventListener("digitviz:curves", ({ detail }) => plots.forEach((plot) => plot.parts.grows?.grow(detail)));

const isDark = (element) => getComputedStyle(element).colorScheme === "dark";

// On a phone, text is smaller. Some pictures look as on a phone in wider windows, too. WIDTHS lists all limits.
const WIDTHS = ["(width < 640px)", "(width < 960px)", "(width < 1100px)"];
const isPhone = (meta) => window.innerWidth < (meta.phone_below ?? 640);
const isNarrow = () => window.innerWidth < 1100; // as for the settings of Train

function dress(figure, theme, phone) {
  const layout = { ...structuredClone(figure.layout), template: theme.template }; // a copy, because Plotly writes the zoom into it
  if (figure.layout.meta?.theme) layout.paper_bgcolor = theme.background;
  if (phone) layout.font = { ...layout.font, size: 11 };
  if (phone) Object.assign(layout, figure.layout.meta?.phone_layout);
  if (isNarrow()) Object.assign(layout, figure.layout.meta?.narrow_layout);
  for (const [axis, role] of Object.entries(layout.meta?.scales ?? {})) {
    layout[axis] = { ...layout[axis], colorscale: theme.scales[role] };
  }
  return layout;
}

// Figures use the colours of the light theme. The dark theme replaces each by its counterpart.
function inTheme(figure, looks, look) {
  if (look === looks.light) return figure;
  const counterparts = new Map(Object.entries(looks.light.colours).map(([name, colour]) => [colour, look.colours[name]]));
  return JSON.parse(JSON.stringify(figure).replace(/#[\da-f]{6}/g, (colour) => counterparts.get(colour) ?? colour));
}

// Draw one picture per frame, so that other work runs in between. Those out of view wait for those in view, also some
// seconds while these load their scripts. A picture that is drawn again comes after a frame with the texts of its rerun.
const FRAMES_TO_WAIT = 300;
const queue = [];
let isDrawing = false;
const nextFrame = () => new Promise((done) => requestAnimationFrame(() => setTimeout(done)));
function inTurn(plot) {
  return new Promise((resolve, reject) => {
    queue.push({ plot, resolve, reject });
    if (!isDrawing) drawAll();
  });
}

async function drawAll() {
  isDrawing = true;
  for (let waited = 0; queue.length; waited += 1) {
    await nextFrame(); // by then, each picture knows whether it is in view
    const place = queue.findIndex(({ plot }) => plot.inView);
    if (place < 0 && waited < FRAMES_TO_WAIT && [...plots].some(({ inView, drawing }) => inView && drawing)) continue;
    const [{ plot, resolve, reject }] = queue.splice(Math.max(place, 0), 1);
    await plot.draw().then(resolve, reject);
  }
  isDrawing = false;
}

const REST = 1000; // milliseconds
const MOUSE = 4; // limit in pixels between press and release of a click
const FINGER = 12;
const CONFIG = { displayModeBar: false, showTips: false }; // we have our own buttons, translated and without tab stops

// Plotly's events, and the methods of a picture's parts that hear them.
const HEARD = {
  plotly_afterplot: "redraw", plotly_animated: "redraw", plotly_relayouting: "relayouting", // possibly zoomed
  plotly_hover: "hover", plotly_unhover: "unhover", plotly_selected: "selected",
};
// On a phone, marks and text that lie close together are smaller, or farther apart.
function smaller(trace, { phone_marker: mark, phone_line: line, phone_words: words, phone_x: across, phone_y: up }, place) {
  const small = { ...trace, ...(across && { x: across[place], y: up[place] }) };
  const most = (sizes, limit) => (Array.isArray(sizes) ? sizes.map((size) => Math.min(size, limit)) : Math.min(sizes, limit));
  if (trace.marker?.size && mark) small.marker = { ...trace.marker, size: most(trace.marker.size, mark) };
  if (trace.textfont?.size && words) small.textfont = { ...trace.textfont, size: most(trace.textfont.size, words) };
  if (trace.line?.width && line) small.line = { ...trace.line, width: Math.min(trace.line.width, line) };
  return small;
}

export default class LivePlot {
  constructor(parent, { signal }) {
    this.frame = element("div", "digitviz-frame", parent); // contains the overlays of the picture
    this.div = element("div", "digitviz-plot", this.frame);
    this.div.dataset.frames = "0";
    this.div.tabIndex = 0; // the only tab stop
    this.bar = element("div", "", parent);
    this.div.digitvizPlot = this; // for `live.js`
    this.guest = null; // a component with a mark in the picture, see plane_point.js
    Object.assign(this, { signal, inView: true, frames: 0, drawing: false, waiting: null, parts: {} });
    new IntersectionObserver((seen) => this.look(seen.at(-1).isIntersecting)).observe(this.div);
    new ResizeObserver(() => this.frames && this.div.clientWidth && window.Plotly.Plots.resize(this.div)).observe(this.div);
    plots.add(this);
    for (const kind of ["(prefers-color-scheme: dark)", "(pointer: coarse)", ...WIDTHS]) {
      matchMedia(kind).addEventListener("change", () => this.redress(), { signal });
    }
  }

  redress() {
    if (this.last) setTimeout(() => this.show(this.last), 300);
  }

  // Draw again if the theme has changed since.
  dressAgain() {
    if (this.frames && this.isDark !== isDark(this.div)) this.redress();
  }

  look(inView) {
    this.inView = inView;
    tell("view"); // to the stream
    if (!inView) return;
    this.work();
    this.follow();
  }

  // A picture that is out of view or about to be redrawn follows later.
  follow() {
    const isPast = shownMoment?.isLive && !this.last?.live; // training is paused, and the server has drawn its end
    if (!this.inView || this.waiting) return;
    this.parts.follows?.show(isPast ? null : shownMoment);
  }

  rerun(data) {
    const message = JSON.parse(new TextDecoder().decode(data));
    this.clickable = message.clickable;
    this.div.toggleAttribute("data-main-picture", message.main);
    this.show(message);
  }

  // Skip all but the last of the frames that arrive during drawing. Out of view, a picture draws only its first frame while
  // training runs, so that the page keeps its shape. If training is paused, it draws when there is time.
  show(message) {
    this.waiting = message;
    this.last = message;
    this.language = message.language;
    tell("view");
    this.name(message.figure.layout.meta?.says ?? message.name);
    if (!this.frames) this.div.style.height = `${message.height}px`; // its place on the page, before its turn
    clearTimeout(this.later);
    if (this.inView || !this.frames) this.work();
    else if (!message.live) this.later = setTimeout(() => this.work(), REST);
  }

  name(words) {
    Object.assign(this.div, { role: "img", ariaLabel: words });
  }

  async work() {
    if (this.drawing) return;
    this.drawing = true;
    try {
      while (this.waiting) {
        await this.fetch(this.waiting); // outside its turn, so that others do not wait for the network
        await inTurn(this);
      }
    } catch (error) {
      console.error(error);
      Object.assign(this.div, { role: "alert", textContent: _("This picture could not be drawn. Reload the page.") });
    } finally {
      this.drawing = false;
    }
  }

  // Load the scripts for a figure, once. The result has their exports.
  async fetch({ figure, live }) {
    const names = Object.keys(PARTS).filter((name) => figure.layout.meta?.[name] ?? live?.[name]);
    const parts = names.map((name) => import(`./${PARTS[name][0]}.js`));
    const [[looks, access], ...rest] = await Promise.all([load(figure), ...parts]);
    return Object.assign({ looks }, access, ...rest);
  }

  async draw() {
    const message = this.waiting;
    if (!message) return; // removed before its turn
    const { figure: inLight, height, name, live } = message;
    const scripts = await this.fetch(message);
    const { looks, Access, SMALL, TOOLS_HEIGHT, coarse, isAsking, keepStill } = scripts;
    if (this.waiting !== message) return; // a newer one has arrived, or the picture was removed
    this.waiting = null;
    this.isDark = isDark(this.div);
    const look = looks[inLight.layout.meta?.theme ?? (this.isDark ? "dark" : "light")];
    const figure = inTheme(scripts.Follower ? structuredClone(inLight) : inLight, looks, look); // a copy if it will be overwritten
    const meta = figure.layout.meta ?? {};
    this.player?.pause();
    this.div.dataset.name = name;
    const phone = isPhone(meta);
    const layout = dress(figure, look, phone);
    this.access ??= new Access(this);
    for (const [part, [, kind]] of Object.entries(PARTS)) {
      if (scripts[kind] && (live?.[part] || !WHILE_LIVE.includes(part))) this.parts[part] ??= new scripts[kind](this);
      else this.parts[part] = void this.parts[part]?.remove();
    }
    const parts = Object.entries(this.parts).filter(([, part]) => part);
    this.access.prepare(message, layout);
    if (this.drag && this.drag !== "turn") layout.dragmode = this.drag;
    else if (!this.drag && coarse.matches) keepStill(layout, figure.data);
    this.bar.className = meta.film ? "digitviz-film" : "";
    const bar = meta.map ? this.access.tools.offsetHeight : this.bar.offsetHeight;
    const tools = coarse.matches && !meta.map && !isAsking(meta) && height >= SMALL ? TOOLS_HEIGHT : 0;
    this.frame.style.paddingBottom = `${tools}px`;
    this.div.style.height = `${height - bar - tools}px`;
    const data = phone ? figure.data.map((trace, place) => smaller(trace, meta, place)) : figure.data;
    for (const [entry, part] of parts) part.prepare?.(data, meta[entry], look);
    await window.Plotly.react(this.div, data, layout, CONFIG);
    // Frames of the same name are replaced. Deleting them first fails if Plotly has started over, as with more subplots.
    if (figure.frames) await window.Plotly.addFrames(this.div, figure.frames);
    this.links = meta.links ?? [];
    this.access.update(look);
    if (meta.film?.places) meta.film.changes = meta.film.places.map((x) => scripts.placed(x, meta.moves));
    this.player?.remove();
    this.player = meta.film && new Player(this.div, this.bar, meta.film, () => this.marked && this.unhover());
    if (!this.listens) this.listen();
    for (const [entry, part] of parts) await part.drawn({ ...meta[entry], ...live?.[entry] }, look, figure);
    this.count();
    this.follow();
    tell("drawn");
  }

  // What hears Plotly's events, and whether somebody looks at the picture.
  get hearers() {
    return [this.access.spots, this, ...Object.values(this.parts), this.parts.follows?.picture, this.guest];
  }

  count() {
    this.frames += 1;
    this.div.dataset.frames = String(this.frames);
  }

  listen() {
    this.listens = true;
    for (const [event, method] of Object.entries(HEARD)) this.div.on(event, (told) => this.hearers.forEach((part) => part?.[method]?.(told)));
    for (const kind of ["pointermove", "focusin"]) this.frame.addEventListener(kind, () => this.hearers.forEach((part) => part?.looked?.()));
    this.div.addEventListener("pointerdown", (event) => this.press(event), true); // before Plotly's own handler
    const onDocument = { capture: true, signal: this.signal };
    document.addEventListener("pointermove", (event) => this.drags(event), onDocument);
    const release = (event) => this.release(event);
    for (const kind of ["pointerup", "pointercancel"]) document.addEventListener(kind, release, onDocument);
    // A finger on a bar that can be dragged moves it and not the page. No hover text covers the bars after a touch.
    this.div.addEventListener("touchmove", (event) => this.pressed?.isGrabbed && event.cancelable && event.preventDefault(), { passive: false });
    this.div.addEventListener("touchend", (event) => {
      if (this.div.layout.meta?.drag === undefined || !event.cancelable) return;
      event.preventDefault();
      setTimeout(() => this.leave()); // after Plotly's own click
    });
  }

  // A click is a press and a release in the same place, on the point under the pointer at the press. Plotly's own click
  // events are not enough. Plotly looks for the point at most every 50 ms, and forgets it when it looks while a button is
  // down, as after a last move before the press or after a redraw. It then ignores an early release.
  press(event) {
    const inPlane = event.target.classList.contains("nsewdrag");
    this.pressed = null;
    const inSpace = this.parts.map?.pointInSpace;
    if (!(this.clickable || this.guest) || !(inPlane || inSpace) || !event.isPrimary || event.button) return;
    const point = this.clickable && (inSpace || this.pointAt(event, event.target.dataset.subplot));
    this.pressed = { at: event, point, heights: this.div._fullData[1]?.y, isGrabbed: this.isOnBar(event, point) };
    if (event.pointerType === "touch") this.leave(); // possibly the start of a swipe, which must not leave a hover text
  }

  release(event) {
    const { pressed } = this;
    if (!pressed || !event.isPrimary) return;
    this.pressed = null;
    if (pressed.height !== undefined) return this.click({ x: this.div.layout.meta.drag, y: pressed.height, curveNumber: 0 });
    const far = Math.hypot(event.clientX - pressed.at.clientX, event.clientY - pressed.at.clientY);
    const reach = event.pointerType === "touch" ? FINGER : MOUSE;
    if (event.type !== "pointerup" || far >= reach) return;
    if (this.guest?.axes) this.guest.go(...this.guest.placeOf(event));
    if (pressed.point) this.click(pressed.point);
  }

  // Whether a place is in the column of the bar that can be dragged, or on its handle, which may be wider.
  isOnBar(at, point) {
    const label = this.div.layout.meta?.drag;
    return label !== undefined && (Math.round(point?.x) === label || this.isOnHandle(at));
  }

  isOnHandle({ clientX: x, clientY: y }) {
    const { left, right, top, bottom } = this.div.querySelector(".annotation")?.getBoundingClientRect() ?? {};
    return x > left && x < right && y > top && y < bottom;
  }

  // Ten probabilities as bars: dragging the bar `meta.drag` by its handle, the first note, moves the others in proportion.
  // The loss above the bars follows.
  drags({ clientY }) {
    const { pressed, div } = this;
    if (!pressed?.isGrabbed) return;
    const label = div.layout.meta.drag;
    if (pressed.height === undefined && Math.abs(clientY - pressed.at.clientY) < MOUSE) return;
    this.leave();
    const { top, height } = div.querySelector(".nsewdrag").getBoundingClientRect();
    const [low, high] = div.layout.yaxis.range;
    const rest = Math.max(1 - pressed.heights[label], 1e-9);
    // A handle that is raised above its bar comes down to it as the bar grows, so that it never leaves the axis.
    const lift = (pressed.lift ??= this.isOnHandle(pressed.at) ? (div.layout.annotations[0].y - pressed.heights[label]) / rest : 0);
    const here = high - ((clientY - top) / height) * (high - low);
    const share = (pressed.height = Math.min(Math.max((here - lift) / (1 - lift), 0), 1));
    const bars = Array.from(pressed.heights, (old, at) => (at === label ? share : (old * (1 - share)) / rest));
    const loss = bars.reduce((sum, one, at) => sum + (one - (at === label)) ** 2, 0) / 2;
    const words = div.layout.annotations[0].text.replace(/<b>.*<\/b>/, `<b>↕ ${percent(share, div.layout.meta.decimals)}</b>`);
    const hidden = div.layout.annotations.slice(1).map((_, at) => [`annotations[${at + 1}].visible`, false]);
    const notes = { "annotations[0].y": share + lift * (1 - share), "annotations[0].text": words, ...Object.fromEntries(hidden) };
    const measured = document.querySelector(".digitviz-measured");
    if (measured) {
      measured.querySelector("b").textContent = short(loss, 2);
      measured.querySelector(".digitviz-loss")?.style.setProperty("--loss", `${100 * loss}%`);
    }
    window.Plotly.update(div, { y: [bars, [1 - share]], base: [null, [share]], text: "" }, notes, [1, 2]);
  }

  // Return the point at a place on the screen, or a given point of the picture, and show its hover text. null if none.
  pointAt(place, subplot) {
    this.leave();
    window.Plotly.Fx.hover(this.div, place, subplot, place.pointerType === "touch");
    return this.div._hoverdata?.[0] ?? null;
  }

  // End the hover. Plotly also forgets the time of its last look, so that the next look happens at once.
  leave(event) {
    window.Plotly.Fx.unhover(this.div, event);
  }

  click({ x, y, curveNumber, pointNumber, customdata }) {
    if (this.clickable) this.send?.("click", { x, y, curveNumber, pointNumber, customdata });
  }

  // Linked points show the same thing in several places. Hovering over one marks all of them.
  hover({ points: [{ curveNumber: curve, pointNumber: point }] }) {
    const link = this.links.find(({ points }) => points.includes(curve));
    const places = link ? link.points.map((trace) => this.div.calcdata[trace][point]) : [];
    const marks = this.links.flatMap(({ marks }) => marks);
    if (!marks.length || (link && this.player?.timer)) return;
    this.marked = Boolean(link);
    const at = (axis) => marks.map((trace) => {
      const place = link && places[link.marks.indexOf(trace)];
      return place ? [place[axis]] : [null];
    });
    window.Plotly.restyle(this.div, { x: at("x"), y: at("y") }, marks);
  }

  unhover() {
    this.hover({ points: [{ curveNumber: -1, pointNumber: 0 }] });
  }

  remove() {
    this.waiting = null;
    clearTimeout(this.later);
    for (const part of [this.player, ...Object.values(this.parts)]) part?.remove();
    plots.delete(this);
    window.Plotly?.purge(this.div);
  }
}

// Plays a figure's frames with a button and a slider, without requests to the server.
class Player {
  constructor(div, bar, film, beforeMoving) {
    Object.assign(this, { div, beforeMoving, film, at: film.start, by: 1, last: film.labels.length - 1 });
    this.ends = film.again ? [film.start, this.last] : [this.last];
    this.ending = new AbortController();
    bar.replaceChildren();
    this.button = element("button", "", bar);
    const scale = film.ticks ? element("span", "scale", bar) : bar;
    this.slider = element("input", "", scale);
    for (const [place, words] of film.ticks ?? []) element("span", "", scale, words).style.setProperty("--at", place / this.last);
    this.words = element("span", "words", bar); // the slider announces them, too
    Object.assign(this.slider, { type: "range", min: 0, max: this.last, value: film.start, ariaLabel: film.title, title: film.title });
    this.button.onclick = () => (this.timer ? this.pause() : this.play()); // explicitly requested, so motion is allowed
    bar.dataset.title = film.title;
    this.slider.oninput = () => {
      const place = Number(this.slider.value); // before `pause` resets the slider
      this.pause();
      this.go(place);
    };
    this.tell();
    const rest = () => calm.matches && this.byItself && this.pause();
    calm.addEventListener("change", rest, { signal: this.ending.signal });
    if (film.autoplay && !calm.matches) {
      this.byItself = true;
      this.play(0);
    }
  }

  play(from) {
    if (from !== undefined || (this.ends.includes(this.at) && !this.film.back)) this.at = from ?? 0;
    this.by = this.at === this.last ? -1 : 1;
    this.timer = true;
    this.advance();
  }

  async advance() {
    await this.go(this.at);
    if (!this.timer) return;
    if (this.at + this.by < 0 || this.at + this.by > this.last) return this.pause();
    clearTimeout(this.timer); // of a call that waited for the same picture: paused and played meanwhile
    this.timer = setTimeout(() => {
      this.at += this.by;
      this.advance();
    }, this.film.milliseconds);
    this.tell();
  }

  pause() {
    clearTimeout(this.timer);
    this.timer = null;
    this.byItself = false;
    this.tell();
  }

  async go(place) {
    this.at = place;
    this.tell();
    this.beforeMoving();
    const places = this.film.balls?.[place].flatMap((at, ball) => at.map((value, up) => [`shapes[${ball}].${"xy"[up]}anchor`, value]));
    if (places) return window.Plotly.relayout(this.div, Object.fromEntries(places)); // much quicker than frames
    if (this.film.changes) return window.Plotly.update(this.div, ...this.film.changes[place]);
    await window.Plotly.animate(this.div, [String(place)], {
      mode: "immediate",
      transition: { duration: 0 },
      frame: { duration: 0, redraw: Boolean(this.film.redraw) },
    }).catch(() => {}); // a newer frame has replaced it
  }

  tell() {
    this.slider.value = this.at;
    const again = this.ends.includes(this.at) && this.film.again;
    this.button.textContent = this.timer ? "❚❚" : again ? `▶ ${again}` : "▶";
    this.button.ariaLabel = this.button.title = this.timer ? _("Pause: {title}", this.film) : _("Play: {title}", this.film);
    this.slider.ariaValueText = this.words.textContent = this.film.labels[this.at];
  }

  remove() {
    this.pause();
    this.ending.abort();
    this.button.parentElement?.replaceChildren();
  }
}
