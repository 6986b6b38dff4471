// Moves the pictures of an experiment while it runs (stream.js), without the server: runners, lines, points and cells.

import { numeral, percent } from "./numbers.js";
import { _ } from "./words.js";

const REST = 150; // milliseconds between two drawings
const STEPS = 1; // column of a row, after the number of the training
const ACCURACY = 3;

// The rows of each training. Those of a moment that is known already are left out.
function byTraining(rows, count) {
  const found = Array.from({ length: count }, () => []);
  for (const row of rows) if (Number.isFinite(row[ACCURACY]) && !(row[STEPS] <= found[row[0]].at(-1)?.[STEPS])) found[row[0]].push(row);
  return found;
}

// Number and accuracy of each training that has ended, null or nan if it diverged.
const outcomes = (rows, known) => [...new Map([...known, ...rows.map((row) => [row[0], row[ACCURACY]])])];
const meanOf = (values) => values.reduce((sum, value) => sum + value, 0) / values.length;
const parted = (values, size) => Array.from({ length: values.length / size }, (_, at) => values.slice(at * size, (at + 1) * size));

// The text in a cell, from the accuracies of its known trainings, as `_cell` in figures/sweep.py.
function textOf(own, seeds, written) {
  const read = own.filter(Number.isFinite);
  if (!read.length) return own.length ? _("diverged") : "";
  const lines = [written(meanOf(read))];
  if (read.length < own.length) lines.push(_("{share} diverged", { share: percent((own.length - read.length) / own.length, 0) }));
  if (own.length < seeds) lines.push(_("{known} of {count}", { known: numeral(own.length), count: numeral(seeds) }));
  return lines.join("<br>");
}

// A hundred squares in a cell, of which so many are filled from below, or only their frame: `_squares` in figures/sweep.py.
function squares(column, row, share, [sides, bottom, top]) {
  const at = (value) => value.toFixed(3);
  const places = (from, to) => Array.from({ length: 11 }, (_, place) => from + ((to - from) * place) / 10);
  const [x, y] = [places(column - sides, column + sides), places(row + bottom, row + top)];
  const shown = (values) => (share === null ? [values[0], values[10]] : values);
  const lines = [...shown(y).map((up) => `M${at(x[0])} ${at(up)}H${at(x[10])}`), ...shown(x).map((across) => `M${at(across)} ${at(y[0])}V${at(y[10])}`)];
  const [rows, rest] = [Math.floor(Math.round(100 * share) / 10), Math.round(100 * share) % 10];
  const filled = `M${at(x[0])} ${at(y[0])}H${at(x[10])}V${at(y[rows])}H${at(x[rest])}V${at(y[rows + (rest > 0)])}H${at(x[0])}Z`;
  return (share === null ? "" : filled) + lines.join("");
}

const put = (layout, place, parts) => Object.entries(parts).forEach(([name, part]) => (layout[`${place}.${name}`] = part));

// What changes in a picture: data of some traces, parts of the layout, and the numbers of the traces.

// Runners at their accuracies `x`: their pictures, their trails, and their numbers, on the side that has room.
export function placed(x, { trails, shares, near, room }) {
  const layout = {};
  x.forEach((share, at) => {
    put(layout, `shapes[${at}]`, { xanchor: share });
    put(layout, `shapes[${trails + at}]`, { x1: share });
    const side = share < near ? { xanchor: "left", xshift: room[0] } : { xanchor: "right", xshift: -room[1] };
    if (shares !== null) put(layout, `annotations[${shares + at}]`, { x: share, text: `<b>${percent(share)}</b>`, ...side });
  });
  return [{ x: [x] }, layout, [1]];
}

export const MOVES = {
  // A line per training: one column of the rows against another, which may be counted in other units.
  lines: (rows, { count, cost, value, scales }) => {
    const known = byTraining(rows, count);
    const x = known.map((own, at) => own.map((row) => row[cost] * scales[at]));
    const y = known.map((own) => own.map((row) => row[value]));
    return [{ x, y, mode: x.map(({ length }) => (length > 1 ? "lines" : "markers")) }, {}, [...known.keys()]];
  },
  // The first of some trainings: columns of its rows against its steps.
  first: (rows, { count, values }) => {
    const [own] = byTraining(rows, count);
    return [{ x: values.map(() => own.map((row) => row[STEPS])), y: values.map((value) => own.map((row) => row[value])) }, own.length ? { annotations: [] } : {}, [...values.keys()]];
  },
  track: (rows, meta) => placed(byTraining(rows, meta.trails - 1).map((own) => own.at(-1)?.[ACCURACY] ?? meta.start), meta),
  // A sweep over one setting: the mean at each value with its interval, a dot for each training, and a cross if it diverged.
  points: (rows, { labels, seeds, seed, reach, known }) => {
    const every = outcomes(rows, known);
    const [all, failed] = [true, false].map((ended) => every.filter(([, share]) => Number.isFinite(share) === ended));
    const own = labels.map((_, at) => all.filter(([number]) => Math.floor(number / seeds) === at).map(([, share]) => share));
    const means = own.map(meanOf);
    const spread = own.map((shares, at) => reach[shares.length] * Math.sqrt(shares.reduce((sum, share) => sum + (share - means[at]) ** 2, 0) / Math.max(shares.length - 1, 1)));
    const across = (some) => some.map(([number]) => labels[Math.floor(number / seeds)]);
    const whose = (some) => some.map(([number]) => [seed + (number % seeds), number]);
    const data = {
      x: [labels, across(all), across(failed)],
      y: [means, all.map(([, share]) => share), failed.map(() => 0)],
      customdata: [labels.map((_, at) => [seed, at * seeds]), whose(all), whose(failed)],
      showlegend: [true, true, failed.length > 0],
    };
    const low = spread.map((half, at) => Math.min(half, means[at]));
    const high = spread.map((half, at) => Math.min(half, 1 - means[at]));
    return [{ ...data, "error_y.array": [high, undefined, undefined], "error_y.arrayminus": [low, undefined, undefined] }, { annotations: [], "xaxis.type": "category" }, [0, 1, 2]];
  },
  // A sweep over two or three settings: a cell per point, its text or a question mark, and the exact number under the pointer.
  cells: (rows, { shape, seeds, known, inks, ends, unknown = "?", places }) => {
    const [panels, height, width] = shape;
    const found = Array.from({ length: panels * height * width }, () => []);
    for (const [number, share] of outcomes(rows, known)) found[Math.floor(number / seeds)].push(share);
    const means = found.map((own) => (own.length ? meanOf(own.filter(Number.isFinite)) || 0 : null));
    const brief = found.map((own) => textOf(own, seeds, (mean) => numeral(100 * mean, { maximumFractionDigits: 0 })));
    const said = brief.map((words) => words || unknown);
    const [layout, none] = [{}, Array(panels)];
    if (ends) means.forEach((share, at) => {
      put(layout, `shapes[${at}]`, { path: squares(at % width, Math.floor(at / width), share, ends) });
      put(layout, `annotations[${at}]`, { text: said[at].split("<br>")[0], y: Math.floor(at / width) + places[share === null ? 0 : 1] });
    });
    const inPanels = (values) => parted(values, width * height);
    const colours = means.map((mean) => inks.find(([end]) => mean < end)[1]);
    const inRows = (values) => inPanels(values).map((panel) => parted(panel, width));
    return [
      { z: [...inRows(means), ...none], text: [...inRows(found.map((own) => textOf(own, seeds, percent))), ...(ends ? none : inPanels(said))], "textfont.color": [...none, ...inPanels(colours)] },
      layout,
      [...Array(2 * panels).keys()],
    ];
  },
};

export class Moving {
  constructor(plot) {
    this.plot = plot;
    this.ending = new AbortController();
    for (const kind of ["tape", "experiment"]) {
      window.addEventListener(`digitviz:${kind}`, ({ detail }) => this.take({ [kind]: detail }), { signal: this.ending.signal });
    }
  }

  // Continue from the server's picture.
  drawn(meta) {
    this.meta = meta;
    this.take({});
  }

  take(news) {
    Object.assign(this, news);
    this.waits ??= setTimeout(() => this.move(), REST);
  }

  async move() {
    const { plot, meta, tape, experiment } = this;
    if (plot.inView && !plot.drawing && tape?.run === meta.tape && tape.rows.length) {
      const [traces, layout, which] = MOVES[meta.kind](tape.rows, meta);
      const { annotations } = plot.div.layout;
      for (const [at, text] of Object.entries(experiment?.notes ?? {})) layout[`annotations[${at < 0 ? annotations.length + Number(at) : at}].text`] = text;
      await window.Plotly.update(plot.div, traces, layout, which).catch(() => {}); // the picture was removed
      plot.count();
    }
    this.waits = null;
  }

  remove() {
    clearTimeout(this.waits);
    this.ending.abort();
  }
}
