// Functions for activations that JavaScript lacks.

// The error function by its series of positive terms, which does not lose precision (Abramowitz and Stegun, 7.1.6).
export function erf(x) {
  const far = Math.abs(x);
  if (far > 6) return Math.sign(x); // exact in float64
  let term = far;
  let sum = far;
  for (let n = 1; term > 1e-17 * sum; n += 1) {
    term *= (2 * far * far) / (2 * n + 1);
    sum += term;
  }
  return (Math.sign(x) * 2 * Math.exp(-far * far) * sum) / Math.sqrt(Math.PI);
}
