// The texts of the scripts: English where they are used, other languages from the catalogues of the server, as with gettext.
// Write each call with the text itself, and none in another: `make messages` collects them. Only `reader.js` also translates
// sentences that come from the server in English, which has collected them.

import { fill } from "./elements.js";

let spoken; // language tag
let catalogue; // translations by the English texts. Undefined while a script loads, so that none keeps a text for good
let begin;
let known = new Promise((done) => (begin = done));

const load = async (address) => (address ? (await fetch(new URL(address, document.baseURI))).json() : {});

// Return a promise that the texts of a language are there, from its address in `addresses`, or of the latest language.
export function speak(language = spoken, addresses = {}) {
  if (language === spoken) return known;
  spoken = language;
  return (known = load(addresses[language]).catch(() => null).then((texts) => {
    if (spoken !== language) return known; // another one by now
    if (!texts) spoken = undefined; // the next call tries again
    catalogue = texts ?? {};
    document.documentElement.lang = language;
    begin();
  }));
}

// Translate a text, and replace the names in braces by the fields.
export const _ = (text, fields) => (fields ? fill(catalogue[text] ?? text, fields) : (catalogue[text] ?? text));
export const pgettext = (context, text) => catalogue[`${context}\u0004${text}`] ?? text;

// The singular or the plural for a count, by the rule of the language.
export function ngettext(one, many, count, fields) {
  const form = catalogue["\u0004plural"]?.[count < 200 ? count : 100 + (count % 100)];
  return fill(catalogue[one]?.[form] ?? (count === 1 ? one : many), fields);
}

export const listed = (parts) => parts.join(catalogue["\u0004comma"] ?? ", ");
export const joined = (sentences) => sentences.join(catalogue["\u0004gap"] ?? " ");
