// Paints digits and other numbers, one pixel or square each.

import { SIDE } from "./elements.js";

export const channels = (colour) => [1, 3, 5].map((at) => parseInt(colour.slice(at, at + 2), 16));
const SHADES = 256;
const shades = new Map(); // scale -> its colours, four bytes each

function shadesOf(scale) {
  if (shades.has(scale)) return shades.get(scale);
  const stops = scale.map(([at, colour]) => [at, channels(colour)]);
  const colours = new Uint32Array(SHADES);
  const bytes = new Uint8ClampedArray(colours.buffer);
  for (let shade = 0; shade < SHADES; shade += 1) {
    const share = shade / (SHADES - 1);
    const above = Math.max(1, stops.findIndex(([place]) => place >= share));
    const [[low, from], [high, to]] = [stops[above - 1], stops[above]];
    from.forEach((channel, part) => (bytes[4 * shade + part] = channel + ((share - low) / (high - low)) * (to[part] - channel)));
    bytes[4 * shade + 3] = 255;
  }
  shades.set(scale, colours);
  return colours;
}

// Paint numbers as an image, one pixel each, on a scale of the theme from `low` to `high`. Skip NaN.
export function paint(canvas, rows, [low, high], scale) {
  const [width, height] = [rows[0].length, rows.length];
  if (canvas.width !== width || canvas.height !== height) Object.assign(canvas, { width, height });
  const colours = shadesOf(scale);
  const pen = canvas.getContext("2d");
  const image = pen.createImageData(width, height);
  const pixels = new Uint32Array(image.data.buffer);
  rows.forEach((row, at) => {
    for (let column = 0; column < width; column += 1) {
      if (Number.isNaN(row[column])) continue;
      const share = Math.min(1, Math.max(0, (row[column] - low) / (high - low)));
      pixels[at * width + column] = colours[Math.round(share * (SHADES - 1))];
    }
  });
  pen.putImageData(image, 0, 0);
}

// The context of a canvas over width x height pixels of the page, cleared. It draws in these pixels.
export function penOn(canvas, width, height, least = 1) {
  const sharp = Math.max(least, window.devicePixelRatio || 1);
  const [across, down] = [width, height].map((side) => Math.round(side * sharp));
  if (canvas.width !== across || canvas.height !== down) {
    Object.assign(canvas, { width: across, height: down });
    Object.assign(canvas.style, { width: `${width}px`, height: `${height}px` });
  }
  const pen = canvas.getContext("2d");
  pen.setTransform(sharp, 0, 0, sharp, 0, 0);
  pen.clearRect(0, 0, width, height);
  return pen;
}

// Draw only within a subplot, until `restore`.
export function clip(pen, across, up) {
  pen.save();
  pen.beginPath();
  pen.rect(across._offset, up._offset, across._length, up._length);
  pen.clip();
}

// Values in rows of the same length, the last filled up with NaN.
export const inRows = (values, columns) =>
  Array.from({ length: Math.ceil(values.length / columns) }, (_, row) => {
    const line = new Float32Array(columns).fill(NaN);
    line.set(values.slice(row * columns, (row + 1) * columns));
    return line;
  });

// Fill a square for each pixel of a digit, as dark as its ink.
export function inkDigit(pen, digit, size) {
  digit.forEach((ink, at) => {
    pen.globalAlpha = ink / 16;
    pen.fillRect((at % SIDE) * size, Math.floor(at / SIDE) * size, size, size);
  });
}
