// The data of a picture as a table, read from Plotly's current drawing, so that it matches the picture.

import { dialogOf } from "./dialog.js";
import { html, saveFile } from "./elements.js";
import { numeral } from "./numbers.js";
import { isList, isThere as isKnown } from "./spots.js";
import { _ } from "./words.js";

const MOST_ROWS = 1000; // on the screen, while the file contains all
const DIGITS = 6;
const FIELD = /([^%]*)%\{([^}:|]+)[^}]*\}/g;
const isThere = (value) => isKnown(value) && value !== "";
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

// Titles of subplots and hints are annotations positioned in an axis's domain, outside of it.
const isOutside = ({ xref }) => /domain$/.test(xref);

function partOf(div, trace, number) {
  const name = div.data[number]?.name;
  if (name) return plainText(name);
  const title = (div._fullLayout.annotations ?? []).find((note) =>
    note.xref === `${trace.xaxis} domain` && note.yref === `${trace.yaxis} domain`);
  return title ? plainText(title.text).replace("\n", ", ") : "";
}

// True for pictures in which only hover texts have a meaning, but not coordinates and annotations.
const isWordsOnly = (div) => Boolean(div.layout.meta?.words_only);

// The columns of a trace, each with its title and its reader.
function columnsOf(div, trace) {
  const names = namesIn(trace.hovertemplate || trace.meta?.words);
  const matrix = isList(trace.z?.[0]);
  const columns = [];
  const add = (head, read) => read && columns.push({ head: plainText(head).replaceAll("\n", " "), read });
  for (const path of Object.keys(names)) {
    if (/^(customdata|marker\.color)/.test(path)) add(names[path] || _("value"), reader(trace, path));
  }
  for (const letter of isWordsOnly(div) ? [] : matrix ? ["y", "x"] : ["x", "y", "z"]) {
    const head = titleOf(div, trace, letter) || names[letter] || letter;
    const read = reader(trace, letter);
    const inMatrix = (row, column) => (read ?? ((at) => at + 1))(letter === "y" ? row : column);
    add(head, matrix ? inMatrix : read);
  }
  if (matrix) {
    const bar = div._fullLayout[trace.coloraxis]?.colorbar?.title?.text;
    const title = bar && div.layout[trace.coloraxis]?.colorbar?.title ? bar : "";
    const ofHeight = trace.scene && titleOf(div, trace, "z");
    add(ofHeight || title || names.z || _("value"), reader(trace, "z"));
  }
  const text = reader(trace, "hovertext") ?? reader(trace, "text");
  if (text) add(_("text"), (...at) => plainText(text(...at) ?? ""));
  return columns;
}

// The cells of a matrix, or the points of a line without the gaps.
function placesOf({ x, y, z }) {
  const there = (values) => [...Array.from(values ?? []).keys()].filter((at) => isThere(values[at]));
  if (isList(z?.[0])) return Array.from(z).flatMap((row, at) => there(row).map((column) => [at, column]));
  return there(x).filter((at) => isThere(y[at])).map((at) => [at]);
}

// Rows as maps from column titles to values.
function rowsOf(div, isWanted) {
  const rows = [];
  div._fullData.forEach((trace, number) => {
    if (trace.visible !== true || !isWanted(trace)) return;
    const part = partOf(div, trace, number);
    const columns = columnsOf(div, trace);
    for (const at of placesOf(trace)) {
      const row = new Map(part ? [[_("series"), part]] : []);
      for (const { head, read } of columns) {
        const value = read(...at);
        if (isThere(value)) row.set(head, value);
      }
      rows.push(row);
    }
  });
  return rows;
}

export function tableOf(div) {
  const notes = (div._fullLayout.annotations ?? [])
    .filter((note) => note.visible !== false && note.name !== "label" && !isOutside(note) && !isWordsOnly(div))
    .map((note) => plainText(note.hovertext || note.text).replaceAll("\n", " "))
    .filter(Boolean)
    .map((text) => new Map([[_("text"), text]]));
  // Traces without hover texts are decoration, unless there are no others.
  const told = rowsOf(div, ({ hoverinfo }) => hoverinfo !== "skip");
  const rows = [...told, ...notes];
  if (!rows.length) rows.push(...rowsOf(div, () => true));
  const heads = [...new Set(rows.flatMap((row) => [...row.keys()]))];
  // The first rows may lack the names of the series.
  const columns = heads.sort((one, other) => (other === _("series")) - (one === _("series")));
  return { columns, rows: rows.map((row) => columns.map((head) => row.get(head) ?? "")) };
}

// Numbers of 32 bits have at most seven significant digits.
const exact = (value) =>
  typeof value === "number" && !Number.isInteger(value) ? String(Number(value.toPrecision(7))) : String(value);

function csvOf({ columns, rows }, separator) {
  const cell = (value) => (/["\n\r,\t]/.test(value) ? `"${value.replaceAll('"', '""')}"` : value);
  return [columns, ...rows].map((row) => row.map((value) => cell(exact(value))).join(separator)).join("\r\n");
}

function markupOf({ columns, rows }) {
  const isNumber = (place) => rows.some((row) => typeof row[place] === "number");
  const heads = columns.map((name, place) => html`<th scope="col" class="${isNumber(place) ? "number" : ""}">${name}</th>`);
  const written = (number) => numeral(number, { maximumSignificantDigits: DIGITS });
  const cell = (value) => (typeof value === "number" ? html`<td class="number">${written(value)}</td>` : html`<td>${value}</td>`);
  const lines = rows.slice(0, MOST_ROWS).map((row) => html`<tr>${row.map(cell)}</tr>`);
  return html`<table><thead><tr>${heads}</tr></thead><tbody>${lines}</tbody></table>`;
}

// Show a picture's table over the page.
export function showTable(parent, div, table = tableOf(div)) {
  const { ariaLabel: title, dataset: { name } } = div;
  const fields = { shown: numeral(MOST_ROWS), count: numeral(table.rows.length) };
  const isLong = table.rows.length > MOST_ROWS;
  const told = isLong ? _("Showing the first {shown} of {count} rows. The CSV contains all of them.", fields) : _("Rows: {count}", fields);
  const copies = navigator.clipboard && html`<button class="copy">${_("Copy")}</button>`; // browsers provide none for pages from another machine without TLS
  const { div: dialog, copy, csv } = dialogOf("digitviz-table", html`<h2>${title}</h2><p>${told}</p>
    <div class="scroll" tabindex="0" role="region" aria-label="${title}">${markupOf(table)}</div>
    <div class="buttons">${copies}<button class="csv">${_("Download CSV")}</button><button class="close">${_("Close")}</button></div>`, parent);
  copy?.addEventListener("click", async () => {
    await navigator.clipboard.writeText(csvOf(table, "\t"));
    copy.textContent = _("Copied");
  });
  csv.onclick = () => saveFile(new Blob(["\ufeff", csvOf(table, ",")], { type: "text/csv" }), `${name}.csv`);
  dialog.addEventListener("keydown", (event) => event.stopPropagation()); // the page uses single keys
}
