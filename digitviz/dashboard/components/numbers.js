// Writes numbers in the language of the page, as numbers.py does on the server.

const writers = new Map();
const AS_PYTHON = { signDisplay: "negative", roundingMode: "halfEven" };

// The options are those of Intl.NumberFormat. The minus is as long as a plus, and zero has none.
export function numeral(value, options = {}) {
  const key = document.documentElement.lang + JSON.stringify(options);
  if (!writers.has(key)) {
    const language = document.documentElement.lang || "en";
    writers.set(key, new Intl.NumberFormat(language, { ...AS_PYTHON, ...options }));
  }
  return writers.get(key).format(value).replace("-", "−");
}

const decimals = (digits) => ({ minimumFractionDigits: digits, maximumFractionDigits: digits });

// As a unit, so that 100 * share is rounded as Python rounds it.
export const percent = (share, digits = 1) => numeral(100 * share, { style: "unit", unit: "percent", ...decimals(digits) });

// Some significant digits, as a person would write them.
export function short(value, digits = 3) {
  const size = Math.abs(value);
  if (!size || (size >= 1e-9 && size < 1e15)) return numeral(value, { maximumSignificantDigits: digits });
  const [mantissa, exponent] = value.toExponential(digits - 1).split("e");
  return `${numeral(mantissa, decimals(digits - 1))}e${exponent.replace("+", "").replace("-", "−")}`;
}
