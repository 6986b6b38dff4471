// One live plot: figures in, clicks out. Plotly.react redraws in place, so that zoom and hover survive.

const here = (path) => new URL(path, document.baseURI).href;
let library = null;
let themes = null;

function loadScript(url) {
  return new Promise((resolve, reject) => {
    const script = document.createElement("script");
    script.src = url;
    script.onload = () => resolve(window.Plotly);
    script.onerror = () => reject(new Error("the plotting library did not load: reload the page"));
    document.head.append(script);
  });
}

function load() {
  library ??= loadScript(here("plotly/plotly.min.js"));
  themes ??= fetch(here("digitviz-assets/themes.json")).then((answer) => answer.json());
  return Promise.all([library, themes]);
}

function isDark(element) {
  const [red, green, blue] = getComputedStyle(element.closest(".stApp") ?? document.body)
    .backgroundColor.match(/[\d.]+/g)
    .map(Number);
  return 0.3 * red + 0.59 * green + 0.11 * blue < 128;
}

// On a phone the words shrink and the tool bar, which would cover the picture, goes.
const isPhone = () => window.innerWidth < 640;

function dress(figure, theme, phone) {
  const layout = { ...figure.layout, template: theme.template };
  if (phone) layout.font = { ...layout.font, size: 11 };
  for (const [axis, role] of Object.entries(layout.meta?.scales ?? {})) {
    layout[axis] = { ...layout[axis], colorscale: theme.scales[role] };
  }
  return layout;
}

class LivePlot {
  constructor(parent) {
    this.div = document.createElement("div");
    this.div.className = "digitviz-plot";
    this.div.dataset.frames = "0";
    this.div.style.width = "100%";
    parent.append(this.div);
    this.frames = 0;
    this.drawing = false;
    this.waiting = null;
    this.resizing = new ResizeObserver(() => this.fit());
    this.resizing.observe(this.div);
    this.scheme = matchMedia("(prefers-color-scheme: dark)");
    this.onScheme = () => this.last && setTimeout(() => this.show(this.last), 300);
    this.scheme.addEventListener("change", this.onScheme);
  }

  // Draws the newest frame; frames that come while one is being drawn are skipped but for the last.
  async show(message) {
    this.waiting = message;
    this.last = message;
    if (this.drawing) return;
    this.drawing = true;
    try {
      const [Plotly, looks] = await load();
      while (this.waiting) {
        const { figure, height, name } = this.waiting;
        this.waiting = null;
        this.div.style.height = `${height}px`;
        const phone = isPhone();
        const layout = dress(figure, looks[isDark(this.div) ? "dark" : "light"], phone);
        await Plotly.react(this.div, figure.data, layout, {
          displaylogo: false,
          displayModeBar: phone ? false : "hover",
          doubleClick: "reset+autosize",
          modeBarButtonsToRemove: ["select2d", "lasso2d", "autoScale2d"],
          toImageButtonOptions: { filename: name, scale: 2 },
        });
        if (!this.listens) this.listen();
        this.frames += 1;
        this.div.dataset.frames = String(this.frames);
        await new Promise(requestAnimationFrame);
      }
    } catch (error) {
      this.div.textContent = String(error.message ?? error);
    } finally {
      this.drawing = false;
    }
  }

  listen() {
    this.listens = true;
    this.div.on("plotly_click", ({ points }) => {
      const [{ x, y, curveNumber, pointNumber, customdata }] = points;
      if (this.clickable) this.send?.("click", { x, y, curveNumber, pointNumber, customdata });
    });
  }

  fit() {
    if (this.frames && this.div.clientWidth) window.Plotly.Plots.resize(this.div);
  }

  remove() {
    this.resizing.disconnect();
    this.scheme.removeEventListener("change", this.onScheme);
    window.Plotly?.purge(this.div);
    this.div.remove();
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
