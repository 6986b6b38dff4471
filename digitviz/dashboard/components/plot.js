// One live plot: figures in, clicks out. Plotly.react redraws in place, so that zoom and hover survive.

const here = (path) => new URL(path, document.baseURI).href;
const SPATIAL = new Set(["scatter3d", "surface"]);
let library = null;
let themes = null;
let whole = null;

function loadScript(url) {
  return new Promise((resolve, reject) => {
    const script = document.createElement("script");
    script.src = url;
    script.onload = () => resolve(window.Plotly);
    script.onerror = () => reject(new Error("The plotting library did not load. Reload the page."));
    document.head.append(script);
  });
}

// What draws in the plane is a third of the library; the rest is loaded when something is to be seen in space.
function load(figure) {
  library ??= loadScript(here("plotly/plane.min.js"));
  themes ??= fetch(here("digitviz-assets/themes.json")).then((answer) => answer.json());
  if (figure?.data.some(({ type }) => SPATIAL.has(type))) {
    whole ??= library
      .then(() => loadScript(here("plotly/plotly.min.js")))
      .catch((error) => {
        whole = null; // what lies in the plane can still be drawn
        throw error;
      });
  }
  return Promise.all([whole ?? library, themes]);
}
load();

function isDark(element) {
  const [red, green, blue] = getComputedStyle(element.closest(".stApp") ?? document.body)
    .backgroundColor.match(/[\d.]+/g)
    .map(Number);
  return 0.3 * red + 0.59 * green + 0.11 * blue < 128;
}

// On a phone the words shrink and the toolbar, which would cover the picture, goes.
const isPhone = () => window.innerWidth < 640;

function dress(figure, theme, phone) {
  const layout = { ...figure.layout, template: theme.template };
  if (figure.layout.meta?.theme) layout.paper_bgcolor = theme.background;
  if (phone) layout.font = { ...layout.font, size: 11 };
  if (phone) Object.assign(layout, figure.layout.meta?.phone_layout);
  for (const [axis, role] of Object.entries(layout.meta?.scales ?? {})) {
    layout[axis] = { ...layout[axis], colorscale: theme.scales[role] };
  }
  return layout;
}

// One object for all: were it made anew, Plotly would take it for another configuration and start from nothing.
let oneSvgButton = null;
const svgButton = () =>
  (oneSvgButton ??= {
    name: "svg",
    title: "Download plot as SVG",
    icon: window.Plotly.Icons.disk,
    click: (plot) => window.Plotly.downloadImage(plot, { format: "svg", filename: plot.dataset.name }),
  });

// Pictures are drawn one per frame: the first is seen before the last is begun, and what else the page does comes between.
let turn = Promise.resolve();
const nextFrame = () => new Promise(requestAnimationFrame);
function inTurn(draw) {
  turn = turn.catch(() => {}).then(draw).then(nextFrame);
  return turn;
}

const REST = 1000; // milliseconds
const SMALL = 280; // pixels high: neither zoomed nor downloaded
const smaller = (trace, size) =>
  trace.marker?.size > size ? { ...trace, marker: { ...trace.marker, size } } : trace;

class LivePlot {
  constructor(parent) {
    this.div = document.createElement("div");
    this.div.className = "digitviz-plot";
    this.div.dataset.frames = "0";
    this.div.style.width = "100%";
    this.bar = document.createElement("div");
    parent.append(this.div, this.bar);
    this.div.digitvizPlot = this; // where `live.js` finds it
    this.inView = true;
    this.watching = new IntersectionObserver((seen) => this.look(seen.at(-1).isIntersecting));
    this.watching.observe(this.div);
    this.frames = 0;
    this.drawing = false;
    this.waiting = null;
    this.resizing = new ResizeObserver(() => this.fit());
    this.resizing.observe(this.div);
    this.scheme = matchMedia("(prefers-color-scheme: dark)");
    this.onScheme = () => this.last && setTimeout(() => this.show(this.last), 300);
    this.scheme.addEventListener("change", this.onScheme);
  }

  look(inView) {
    this.inView = inView;
    if (inView) this.work();
  }

  // Frames that come while one is being drawn are skipped but for the last. Out of view, a training that runs draws
  // nothing but the first, so that the page has its shape; what stands still is drawn once there is time.
  show(message) {
    this.waiting = message;
    this.last = message;
    clearTimeout(this.later);
    if (this.inView || !this.frames) this.work();
    else if (!message.live) this.later = setTimeout(() => this.work(), REST);
  }

  async work() {
    if (this.drawing) return;
    this.drawing = true;
    try {
      while (this.waiting) {
        await this.fetch(this.waiting.figure); // before its turn: the others need not wait for the network
        await inTurn(() => this.draw());
      }
    } catch (error) {
      this.div.textContent = String(error.message ?? error);
    } finally {
      this.drawing = false;
    }
  }

  // Loads what draws a figure, once; the large map has a script of its own.
  async fetch(figure) {
    const script = figure.layout.meta?.map?.script;
    const [drawing, map] = await Promise.all([load(figure), script ? import(here(script)) : {}]);
    return [...drawing, map];
  }

  async draw() {
    const message = this.waiting;
    if (!message) return; // taken away before its turn
    const { figure, height, name } = message;
    const [Plotly, looks, { LargeMap }] = await this.fetch(figure);
    if (this.waiting !== message) return; // a newer one has come, or the picture is gone
    this.waiting = null;
    const meta = figure.layout.meta ?? {};
    this.player?.pause();
    this.div.dataset.name = name;
    const phone = isPhone();
    const look = looks[meta.theme ?? (isDark(this.div) ? "dark" : "light")];
    const layout = dress(figure, look, phone);
    if (LargeMap) this.map ??= new LargeMap(this);
    else this.map?.hide();
    if (LargeMap && this.drag) layout.dragmode = this.drag;
    const bar = LargeMap ? this.map.barHeight(meta.map, look, figure.layout) : meta.film ? BAR_HEIGHT : 0;
    this.div.style.height = `${height - bar}px`;
    const config = {
      displaylogo: false,
      displayModeBar: phone || height < SMALL ? false : "hover", // over a small picture it would hide the title
      doubleClick: "reset+autosize",
      modeBarButtonsToRemove: [...(meta.map ? [] : ["select2d", "lasso2d"]), "autoScale2d", "sendChartToCloud"], // nothing leaves the machine
      modeBarButtonsToAdd: [svgButton()],
      toImageButtonOptions: { filename: name, scale: 2 },
    };
    let data = phone && meta.phone_marker ? figure.data.map((trace) => smaller(trace, meta.phone_marker)) : figure.data;
    if (LargeMap) data = LargeMap.prepare(data, look);
    await Plotly.react(this.div, data, layout, config);
    // Those of the same name are replaced. Deleting them first fails once Plotly has begun anew, as with more subplots.
    if (figure.frames) await Plotly.addFrames(this.div, figure.frames);
    this.links = meta.links ?? [];
    this.playFilm(meta.film);
    if (!this.listens) this.listen();
    if (LargeMap) await this.map.update();
    this.frames += 1;
    this.div.dataset.frames = String(this.frames);
  }

  listen() {
    this.listens = true;
    this.div.on("plotly_click", ({ points }) => this.click(points[0]));
    this.div.on("plotly_hover", ({ points, event }) => {
      this.under = { point: points[0], event };
      this.mark(points[0].curveNumber, points[0].pointNumber);
    });
    this.div.on("plotly_unhover", () => {
      this.under = null;
      this.mark(-1, 0);
    });
    // Plotly forgets a press when it looks again for what is under the pointer, as after a redraw, before the release.
    const near = (one, other) => one && Math.hypot(one.clientX - other.clientX, one.clientY - other.clientY) < 4;
    this.div.addEventListener("mousedown", (event) => {
      const inPlane = event.target.classList.contains("nsewdrag");
      this.pressed = inPlane && near(this.under?.event, event) ? this.under : null;
    }, true);
    this.div.addEventListener("click", (event) => near(this.pressed?.event, event) && this.click(this.pressed.point));
  }

  click({ x, y, curveNumber, pointNumber, customdata }) {
    this.pressed = null; // answered
    if (this.clickable) this.send?.("click", { x, y, curveNumber, pointNumber, customdata });
  }

  // Points that are the same thing in several places: the one under the pointer is marked in all of them.
  mark(curve, point) {
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

  playFilm(film) {
    if (!film && !this.player) return;
    this.player?.remove();
    this.player = film ? new Player(this.div, this.bar, film, () => this.marked && this.mark(-1, 0)) : null;
  }

  fit() {
    if (this.frames && this.div.clientWidth) window.Plotly.Plots.resize(this.div);
  }

  remove() {
    this.waiting = null;
    clearTimeout(this.later);
    this.resizing.disconnect();
    this.watching.disconnect();
    this.player?.remove();
    this.map?.remove();
    this.scheme.removeEventListener("change", this.onScheme);
    window.Plotly?.purge(this.div);
    this.div.remove();
    this.bar.remove();
  }
}

const BAR_HEIGHT = 44;

// Plays a figure's frames, with a button and a slider; nothing is asked of the server.
class Player {
  constructor(div, bar, film, beforeMoving) {
    this.div = div;
    this.beforeMoving = beforeMoving;
    this.film = film;
    this.at = film.start;
    this.by = 1;
    this.button = document.createElement("button");
    this.slider = document.createElement("input");
    this.words = document.createElement("output");
    Object.assign(this.slider, { type: "range", min: 0, max: film.labels.length - 1, value: film.start });
    this.slider.setAttribute("aria-label", film.title);
    bar.className = "digitviz-film";
    bar.style.cssText = `display:flex;align-items:center;gap:12px;height:${BAR_HEIGHT}px;font:inherit`;
    this.button.style.cssText =
      "border:1px solid currentColor;border-radius:6px;background:none;color:inherit;width:40px;height:34px;cursor:pointer";
    this.slider.style.cssText = "flex:1;min-width:60px;accent-color:currentColor";
    this.words.style.cssText = "min-width:8em;max-width:55%;font-size:0.9em;line-height:1.2;opacity:0.8";
    bar.replaceChildren(this.button, this.slider, this.words);
    this.button.onclick = () => (this.timer ? this.pause() : this.play());
    this.slider.oninput = () => {
      const place = Number(this.slider.value); // before the bar is told where it was
      this.pause();
      this.go(place);
    };
    this.tell();
    if (film.autoplay && !matchMedia("(prefers-reduced-motion: reduce)").matches) this.play(0);
  }

  get last() {
    return this.film.labels.length - 1;
  }

  play(from) {
    if (from !== undefined || (this.at === this.last && !this.film.back)) this.at = from ?? 0;
    this.by = this.at === this.last ? -1 : 1;
    this.timer = true;
    this.advance();
  }

  async advance() {
    await this.go(this.at);
    if (!this.timer) return;
    if (this.at + this.by < 0 || this.at + this.by > this.last) return this.pause();
    this.timer = setTimeout(() => {
      this.at += this.by;
      this.advance();
    }, this.film.milliseconds);
    this.tell();
  }

  pause() {
    clearTimeout(this.timer);
    this.timer = null;
    this.tell();
  }

  async go(place) {
    this.at = place;
    this.tell();
    this.beforeMoving();
    await window.Plotly.animate(this.div, [String(place)], {
      mode: "immediate",
      transition: { duration: 0 },
      frame: { duration: 0, redraw: Boolean(this.film.redraw) },
    }).catch(() => {}); // a newer frame has taken its place
  }

  tell() {
    this.slider.value = this.at;
    this.button.textContent = this.timer ? "❚❚" : "▶";
    this.button.setAttribute("aria-label", `${this.timer ? "Pause" : "Play"}: ${this.film.title}`);
    this.words.textContent = this.film.labels[this.at];
  }

  remove() {
    this.pause();
    this.button.parentElement?.replaceChildren();
  }
}

export function show({ data, parentElement, setTriggerValue }) {
  const plot = (parentElement.digitvizPlot ??= new LivePlot(parentElement));
  plot.send = setTriggerValue;
  if (data === plot.data) return; // a rerun that changed nothing
  plot.data = data;
  const message = JSON.parse(new TextDecoder().decode(data));
  plot.clickable = message.clickable;
  plot.show(message);
}

export function remove(parentElement) {
  parentElement.digitvizPlot?.remove();
  delete parentElement.digitvizPlot;
}
