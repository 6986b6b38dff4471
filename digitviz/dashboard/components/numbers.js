// Formats numbers in the language of the page, like numbers.py on the server.

const writers = new Map();
const AS_PYTHON = { signDisplay: "negative", roundingMode: "halfEven" };

// The options are those of Intl.NumberFormat. The minus sign is as wide as a plus, and zero has no sign.
export function numeral(value, options = {}) {
  const key = document.documentElement.lang + JSON.stringify(options);
  if (!writers.has(key)) {
    const language = document.documentElement.lang || "en";
    writers.set(key, new Intl.NumberFormat(language, { ...AS_PYTHON, ...options }));
  }
  return writers.get(key).format(value).replaceAll("-", "−");
}

const decimals = (digits) => ({ minimumFractionDigits: digits, maximumFractionDigits: digits });

// Formatted as a unit, so that 100 * share is rounded like in Python.
export const percent = (share, digits = 1) => numeral(100 * share, { style: "unit", unit: "percent", ...decimals(digits) });

// A probability as a percentage, ">99%" instead of a rounded 100%.
export const sureness = (share) => (share >= 0.995 ? `>${percent(0.99, 0)}` : percent(share, 0));

// Format a number with a few significant digits, in plain notation if it is neither tiny nor huge.
export function short(value, digits = 3) {
  const size = Math.abs(value);
  if (!size || (size >= 1e-9 && size < 1e15)) return numeral(value, { maximumSignificantDigits: digits });
  return numeral(value, { notation: "scientific", ...decimals(digits - 1) }).toLowerCase();
}
