// Makes elements, sentences and files, and requests data.

export const SIDE = 8; // pixels along a side of a digit

// Steps right and down of the arrow keys.
export const ARROWS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };

export const element = (kind, className, parent, textContent = "") =>
  parent.appendChild(Object.assign(document.createElement(kind), { className, textContent }));

// An element of a drawing.
export function shape(kind, attributes, parent, text = "") {
  const made = parent.appendChild(document.createElementNS("http://www.w3.org/2000/svg", kind));
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
  made.textContent = text;
  return made;
}

// Markup, as in html`<b>${words}</b>`: values are escaped, lists joined, and false, null and undefined left out.
class Markup {
  constructor(text) {
    this.text = text;
  }
}

function markupOf(value) {
  if (value instanceof Markup) return value.text;
  if (Array.isArray(value)) return value.map(markupOf).join("");
  return String(value === false ? "" : (value ?? "")).replace(/[&<"]/g, (sign) => `&#${sign.charCodeAt(0)};`);
}

export const html = (parts, ...values) => new Markup(parts.map((part, at) => part + (at < values.length ? markupOf(values[at]) : "")).join(""));
export const put = (place, markup) => (place.innerHTML = markup.text);

// Put an element with markup into a parent. The result has the element as `div`, and its parts by the first of their classes.
export function built(parent, className, markup, kind = "div") {
  const div = element(kind, className, parent);
  put(div, markup);
  return { div, ...Object.fromEntries([...div.querySelectorAll("[class]")].map((part) => [part.classList[0], part])) };
}

export const range = (count) => [...Array(count).keys()];
export const between = (value, low, high) => Math.min(high, Math.max(low, value));

// The largest absolute value in lists of numbers.
export const reach = (...lists) => lists.reduce((most, list) => list.reduce((far, x) => (Math.abs(x) > far ? Math.abs(x) : far), most), 0);

// Place an element in pixels.
export const lay = (part, ...sides) =>
  ["left", "top", "width", "height"].forEach((side, at) => (part.style[side] = `${sides[at]}px`));

// Name a control for screen readers and for the pointer. Without the empty description, screen readers would say the title twice.
export const named = (control, words) =>
  Object.assign(control, { title: words, ariaLabel: words, ariaDescription: "" });

// Replace the names in braces by the fields.
export const fill = (sentence, fields) => sentence.replace(/\{(\w+)\}/g, (_, name) => fields[name]);

export const sleep = (milliseconds) => new Promise((done) => setTimeout(done, milliseconds));

// Tell the other scripts of the page.
export const tell = (kind, detail) => window.dispatchEvent(new CustomEvent(`digitviz:${kind}`, { detail }));

// Values that the browser remembers for the next visit. If it blocks cookies, the page remembers them for this visit.
const visit = new Map();
export function memory() {
  try {
    return localStorage;
  } catch {
    return { getItem: (name) => visit.get(name), setItem: (name, value) => visit.set(name, value) };
  }
}

// Request an address of our server.
export async function asked(address) {
  const answer = await fetch(new URL(address, document.baseURI));
  if (!answer.ok) throw new Error("The server did not send the requested data.");
  return answer;
}

export const bytesAt = async (address) => new Uint8Array(await (await asked(address)).arrayBuffer());

const KEPT = 60_000; // milliseconds for the browser to read a file

export function saveFile(content, name) {
  const link = Object.assign(document.createElement("a"), { href: URL.createObjectURL(content), download: name });
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), KEPT);
}

// The lines around the dark pixels of a digit, in pixels: x and y of one end and of the other.
export function outlineOf(pixels, least) {
  const isDark = (across, down) => across >= 0 && across < SIDE && pixels[SIDE * down + across] >= least;
  return range(SIDE * SIDE).flatMap((at) => {
    const [across, down] = [at % SIDE, Math.floor(at / SIDE)];
    const open = Object.values(ARROWS).filter(([right, low]) => isDark(across, down) && !isDark(across + right, down + low));
    return open.map(([right, low]) => {
      const [x, y] = [across + 0.5 + right / 2, down + 0.5 + low / 2];
      return [x - low / 2, y - right / 2, x + low / 2, y + right / 2];
    });
  });
}
