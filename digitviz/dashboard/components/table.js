// The data of a picture as a table, read from Plotly's current drawing, so that it matches the picture.

import { numeral } from "./numbers.js";

const MOST_ROWS = 1000; // on the screen, while the file contains all
const DIGITS = 6;
const FIELD = /([^%]*)%\{([^}:|]+)[^}]*\}/g;
const isList = (value) => Array.isArray(value) || ArrayBuffer.isView(value);
const isThere = (value) => value !== null && value !== undefined && value !== "" && !Number.isNaN(value);
const plainText = (words) => String(words).replace(/<br\s*\/?>/g, "\n").replace(/<[^<>]*>/g, "").trim();

// Titles of values in a hover template. "after %{x} batches<br>loss %{y:.4g}" names y "loss", the text before it.
function namesIn(template) {
  const names = {};
  for (const [, before, path] of plainText((template ?? "").replace(/<extra>.*<\/extra>/s, "")).matchAll(FIELD)) {
    names[path] ??= before.split("\n").at(-1).replace(/^[\s·,;()×=，；：（）]+|[\s:·,;(×=，；：（]+$/g, "");
  }
  return names;
}

// Return a function that reads "x", "customdata[1]" or "marker.color" at a point, or in the cell of a matrix.
function reader(trace, path) {
  const [, names, place] = path.match(/^([\w.]+)(?:\[(\d+)\])?$/) ?? [];
  if (!names) return null;
  const values = names.split(".").reduce((part, name) => part?.[name], trace);
  if (!isList(values)) return null;
  return (...at) => {
    const value = at.reduce((part, index) => part?.[index], values);
    return place === undefined || !isList(value) ? value : value[place];
  };
}

function titleOf(div, trace, letter) {
  if (trace.scene) return div._fullLayout[trace.scene]?.[`${letter}axis`]?.title?.text;
  const own = `${letter}axis${(trace[`${letter}axis`] ?? letter).slice(1)}`;
  return div.layout[own]?.title?.text || div.layout[`${letter}axis`]?.title?.text;
}

// Titles of subplots are annotations positioned in an axis's domain.
const isTitle = ({ xref, yref }) => /domain$/.test(xref) && /domain$/.test(yref);

function partOf(div, trace, number) {
  const name = div.data[number]?.name;
  if (name) return plainText(name);
  const title = (div._fullLayout.annotations ?? []).find((note) =>
    isTitle(note) && note.xref === `${trace.xaxis} domain` && note.yref === `${trace.yaxis} domain`);
  return title ? plainText(title.text).replace("\n", ", ") : "";
}

// True for pictures in which only hover texts have a meaning, but not coordinates and annotations.
const isWordsOnly = (div) => Boolean(div.layout.meta?.words_only);

// The columns of a trace, each with its title and its reader.
function columnsOf(div, trace, words) {
  const names = namesIn(trace.hovertemplate || trace.meta?.words);
  const matrix = isList(trace.z?.[0]);
  const columns = [];
  const add = (head, read) => read && columns.push({ head: plainText(head).replaceAll("\n", " "), read });
  for (const path of Object.keys(names)) {
    if (/^(customdata|marker\.color)/.test(path)) add(names[path] || words.value, reader(trace, path));
  }
  for (const letter of isWordsOnly(div) ? [] : matrix ? ["y", "x"] : ["x", "y", "z"]) {
    const head = titleOf(div, trace, letter) || names[letter] || letter;
    const read = reader(trace, letter);
    if (!matrix) add(head, read);
    else if (letter === "y") add(head, (row) => (read ? read(row) : row + 1));
    else add(head, (row, column) => (read ? read(column) : column + 1));
  }
  if (matrix) {
    const bar = div._fullLayout[trace.coloraxis]?.colorbar?.title?.text;
    const title = bar && div.layout[trace.coloraxis]?.colorbar?.title ? bar : "";
    add(titleOfHeight(div, trace) || title || names.z || words.value, reader(trace, "z"));
  }
  const text = reader(trace, "text") ?? reader(trace, "hovertext");
  const hover = reader(trace, "hovertext");
  if (hover ?? text) add(words.text, (...at) => plainText((hover ?? text)(...at) ?? ""));
  return columns;
}

const titleOfHeight = (div, trace) => trace.scene && div._fullLayout[trace.scene]?.zaxis?.title?.text;

function* placesOf(trace) {
  if (isList(trace.z?.[0])) {
    for (let row = 0; row < trace.z.length; row += 1) {
      for (let column = 0; column < trace.z[row].length; column += 1) {
        if (isThere(trace.z[row][column])) yield [row, column];
      }
    }
    return;
  }
  for (let point = 0; point < (trace.x?.length ?? 0); point += 1) {
    if (isThere(trace.x[point]) && isThere(trace.y[point])) yield [point]; // otherwise it is a gap between two lines
  }
}

// Rows as maps from column titles to values.
function rowsOf(div, words, isWanted) {
  const rows = [];
  div._fullData.forEach((trace, number) => {
    if (trace.visible !== true || !isWanted(trace)) return;
    const part = partOf(div, trace, number);
    const columns = columnsOf(div, trace, words);
    for (const at of placesOf(trace)) {
      const row = new Map(part ? [[words.series, part]] : []);
      for (const { head, read } of columns) {
        const value = read(...at);
        if (isThere(value)) row.set(head, value);
      }
      rows.push(row);
    }
  });
  return rows;
}

export function tableOf(div, words) {
  const notes = (div._fullLayout.annotations ?? [])
    .filter((note) => note.visible !== false && !isTitle(note) && !isWordsOnly(div))
    .map((note) => plainText(note.hovertext || note.text).replaceAll("\n", " "))
    .filter(Boolean)
    .map((text) => new Map([[words.text, text]]));
  // Traces without hover texts are decoration, unless there are no others.
  const told = rowsOf(div, words, ({ hoverinfo }) => hoverinfo !== "skip");
  const rows = [...told, ...notes];
  if (!rows.length) rows.push(...rowsOf(div, words, () => true));
  const heads = [...new Set(rows.flatMap((row) => [...row.keys()]))];
  const first = heads.filter((head) => head === words.series); // the first rows may lack it
  const columns = [...first, ...heads.filter((head) => head !== words.series)];
  return { columns, rows: rows.map((row) => columns.map((head) => row.get(head) ?? "")) };
}

// Numbers of 32 bits have at most seven significant digits.
const exact = (value) =>
  typeof value === "number" && !Number.isInteger(value) ? String(Number(value.toPrecision(7))) : String(value);

function csvOf({ columns, rows }, separator) {
  const cell = (value) => (/["\n\r,\t]/.test(value) ? `"${value.replaceAll('"', '""')}"` : value);
  return [columns, ...rows].map((row) => row.map((value) => cell(exact(value))).join(separator)).join("\r\n");
}

function element(kind, parent, text, className) {
  const made = document.createElement(kind);
  if (text !== undefined) made.textContent = text;
  if (className) made.className = className;
  parent.append(made);
  return made;
}

function fill(table, { columns, rows }) {
  const head = element("tr", element("thead", table));
  columns.forEach((name, place) => {
    const isNumber = rows.some((row) => typeof row[place] === "number");
    element("th", head, name, isNumber ? "number" : "").scope = "col";
  });
  const body = element("tbody", table);
  for (const row of rows.slice(0, MOST_ROWS)) {
    const line = element("tr", body);
    for (const value of row) {
      const isNumber = typeof value === "number";
      element("td", line, isNumber ? numeral(value, { maximumSignificantDigits: DIGITS }) : value, isNumber ? "number" : "");
    }
  }
}

// Show a picture's table over the page. Escape closes it and restores the focus.
export function showTable(parent, div, words, table = tableOf(div, words)) {
  const count = numeral(table.rows.length);
  const dialog = element("dialog", parent, undefined, "digitviz-table");
  const title = element("h2", dialog, div.getAttribute("aria-label"));
  title.id = `digitviz-table-${div.dataset.name}`;
  dialog.setAttribute("aria-labelledby", title.id);
  const cut = table.rows.length > MOST_ROWS;
  const shown = numeral(MOST_ROWS);
  element("p", dialog, (cut ? words.first_rows : words.rows).replace("{shown}", shown).replace("{count}", count));
  const scroll = element("div", dialog, undefined, "scroll");
  Object.assign(scroll, { tabIndex: 0, role: "region", ariaLabel: title.textContent });
  fill(element("table", scroll), table);
  const buttons = element("div", dialog, undefined, "buttons");
  const button = (label, act) => Object.assign(element("button", buttons, label), { type: "button", onclick: act });
  if (navigator.clipboard) { // browsers do not provide one for pages from another machine without TLS
    const copy = button(words.copy, async () => {
      await navigator.clipboard.writeText(csvOf(table, "\t"));
      copy.textContent = words.copied;
    });
  }
  button(words.csv, () => {
    const link = document.createElement("a");
    link.href = URL.createObjectURL(new Blob(["\ufeff", csvOf(table, ",")], { type: "text/csv" }));
    link.download = `${div.dataset.name}.csv`;
    link.click();
    URL.revokeObjectURL(link.href);
  });
  button(words.close, () => dialog.close());
  dialog.addEventListener("keydown", (event) => event.stopPropagation()); // the page uses single keys
  dialog.addEventListener("click", ({ target }) => target === dialog && dialog.close()); // a click outside
  dialog.addEventListener("close", () => dialog.remove());
  dialog.showModal();
}
