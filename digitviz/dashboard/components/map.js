// Features of a large map: the picture of the point under the pointer, pictures instead of points when few are visible, the
// same point marked in both maps, drag modes (zoom, box, lasso), and files.

import { bytesAt, element, saveFile, SIDE } from "./elements.js";
import { around, beside, circle, drawFace, drawNumber, FACE, oddities, Painted, screenOver, TAG, thinned, visible } from "./faces.js";
import { clip } from "./paint.js";
import { axesOf } from "./spots.js";

const MOST_PICTURES = 150; // limit for pictures instead of points. Above it, some points have small pictures.
const SMALLEST = 22; // side of a picture, in pixels
const LARGEST = 64;
const TIP = 96;
const [CALLED, CALLED_PART] = [88, 0.15]; // side of the chosen point's picture, in pixels, and at most a part of the width
const [BRIGHT, BRIGHT_PART] = [48, 0.1]; // side of the picture of a selected point or a far neighbour; that is at most a part of the width
const [GAP, FACE_PART] = [1.8, 0.052]; // distance of two faces, in sides, so that most points stay visible; side of a face, at least this part of the map's width
const [CLOUD, CLOUD_OF_MAP, CLOUD_PART] = [40, 0.068, 0.085]; // side of the picture that names a cloud, more in a large map, and at most a part of the width
const [RING, FAR_RING] = [22, 8]; // half the side of the rings around the chosen point and a far one

export class LargeMap {
  constructor(live) {
    this.live = live;
    this.div = live.div;
    this.overlay = Object.assign(document.createElement("canvas"), { className: "digitviz-over digitviz-pictures" });
    this.tip = Object.assign(element("div", "digitviz-tip", live.frame), { hidden: true });
    this.ending = new AbortController();
    const heard = { capture: true, signal: this.ending.signal };
    const follow = (event) => this.follow(event);
    for (const kind of ["pointermove", "pointerdown"]) this.div.addEventListener(kind, follow, heard);
    this.div.addEventListener("pointerleave", () => (this.tip.hidden = true), heard);
  }

  // Hide Plotly's hover labels, because their text is shown next to the picture.
  prepare(data, info, look) {
    for (const trace of data) {
      const words = trace.hovertemplate;
      if (words) Object.assign(trace, { hovertemplate: "", hoverinfo: "none", meta: { words } });
    }
    if (this.info?.spatial !== info.spatial) this.tip.hidden = true;
    Object.assign(this, { info, look, marked: null, misread: new Set(info.misread) });
    this.ask();
  }

  async drawn() {
    const { info, look } = this;
    if (!info) return; // the page was left meanwhile
    if (this.address !== info.sheet || this.paper !== look.background) this.painted = null;
    Object.assign(this, { address: info.sheet, paper: look.background });
    const sheet = await bytesAt(info.sheet).catch(() => null);
    if (this.info !== info) return;
    if (sheet) this.painted ??= new Painted(sheet, look);
    this.redraw();
  }

  // --- files ---------------------------------------------------------------------------------------------------

  async savePng() {
    const scale = 2;
    const { clientWidth: width, clientHeight: height } = this.div;
    const picture = new Image();
    picture.src = await window.Plotly.toImage(this.div, { format: "png", width, height, scale });
    await picture.decode();
    const canvas = new OffscreenCanvas(width * scale, height * scale);
    const paper = canvas.getContext("2d");
    paper.fillStyle = this.look.background;
    paper.fillRect(0, 0, canvas.width, canvas.height);
    paper.drawImage(picture, 0, 0, canvas.width, canvas.height);
    if (this.overlay.isConnected) paper.drawImage(this.overlay, 0, 0, canvas.width, canvas.height);
    saveFile(await canvas.convertToBlob(), `${this.div.dataset.name}.png`);
  }

  // --- what is under the pointer ---------------------------------------------------------------------------------

  follow({ clientX, clientY }) {
    this.pointer = [clientX, clientY];
    if (!this.tip.hidden) this.placeTip();
  }

  placeTip() {
    const [x, y] = this.pointer ?? [0, 0];
    const { offsetWidth: width, offsetHeight: height } = this.tip;
    const left = x + 18 + width < window.innerWidth ? x + 18 : x - 18 - width;
    this.tip.style.left = `${Math.max(4, left)}px`;
    this.tip.style.top = `${Math.max(4, Math.min(y - height / 2, window.innerHeight - height - 4))}px`;
  }

  hover({ points: [point] }) {
    const said = point.customdata;
    if (!said) return;
    const index = said[0];
    this.mark(index);
    const template = point.fullData.meta?.words ?? "";
    const lines = template
      .replace(/<extra>.*<\/extra>/, "")
      .replace(/%\{customdata\[(\d+)\]\}/g, (_, place) => said[place])
      .split("<br>");
    if (this.misread.has(index)) lines.push(`${lines.pop()} ✗`);
    this.tip.replaceChildren();
    if (this.painted) {
      const screen = element("canvas", "", this.tip).getContext("2d");
      Object.assign(screen.canvas, { width: TIP, height: TIP });
      screen.imageSmoothingEnabled = false;
      screen.drawImage(this.painted.of(index), 0, 0, TIP, TIP);
    }
    for (const line of lines) element("div", "", this.tip, line);
    this.tip.hidden = false;
    this.placeTip();
  }

  // Plotly reports no hover event for a point chosen with the keyboard.
  hoverAt(point, pointer) {
    this.pointer = pointer;
    if (point) this.hover({ points: [point] });
  }

  // Return the tooltip's text on one line.
  spoken() {
    return [...this.tip.querySelectorAll("div")].map((line) => line.textContent).join(", ");
  }

  // In 3D, Plotly misses most clicks. The marked point is under the pointer.
  get pointInSpace() {
    return this.info.spatial && this.marked !== null && { customdata: [this.marked] };
  }

  unhover() {
    this.tip.hidden = true;
    this.mark(null);
  }

  // Return whether Plotly has drawn the current data, and not yet the previous figure.
  isDrawn() {
    return this.info.marks.every((trace) => this.div._fullData?.[trace]);
  }

  // Mark the same point in all maps.
  mark(index) {
    if (this.marked === index || !this.isDrawn()) return;
    this.marked = index;
    const { points, marks, spatial } = this.info;
    const change = {};
    for (const axis of spatial ? ["x", "y", "z"] : ["x", "y"]) {
      change[axis] = points.map((trace) => [index === null ? null : this.div._fullData[trace][axis][index]]);
    }
    window.Plotly.restyle(this.div, change, marks);
  }

  // --- selection -------------------------------------------------------------------------------------------------

  selected(event) {
    if (!(event?.range || event?.lassoPoints)) return; // only a redraw
    const indices = new Set(
      event.points.filter(({ curveNumber }) => this.info.points.includes(curveNumber)).map(({ pointNumber }) => pointNumber));
    this.live.send?.("select", { points: [...indices].sort((a, b) => a - b) });
  }

  // --- pictures instead of points --------------------------------------------------------------------------------

  relayouting() {
    this.overlay.dataset.pictures = "0";
    this.overlay.getContext("2d").clearRect(0, 0, this.overlay.width, this.overlay.height);
  }

  redraw() {
    if (!this.info || !this.painted || !this.isDrawn()) return;
    this.question?.querySelector("canvas").getContext("2d").drawImage(this.painted.of(this.info.picked), 0, 0);
    if (this.info.spatial) return this.overlay.remove();
    const screen = screenOver(this.div, this.overlay);
    if (!screen) return;
    const drawn = this.info.points.map((trace, map) => this.drawMap(screen, trace, map));
    for (const kind of ["pictures", "faces"]) {
      this.overlay.dataset[kind] = String(drawn.reduce((sum, each) => sum + (each[kind] ?? 0), 0));
    }
  }

  // Ask where the chosen point lies, to the right of the map or above it. This changes the height of the plot.
  ask() {
    const { asked, question, picked } = this.info;
    this.question?.remove();
    this.question = asked.length ? element("div", "digitviz-asks", this.live.frame) : null;
    if (!this.question) return;
    element("b", "", this.question, question);
    Object.assign(element("canvas", "", this.question), { width: SIDE, height: SIDE, ariaHidden: true });
    for (const digit of asked) {
      element("button", "", this.question, digit).onclick = () => this.live.send?.("click", { customdata: [picked], guess: digit });
    }
  }

  drawMap(screen, trace, map) {
    const [across, up] = axesOf(this.div, this.div._fullData[trace]);
    const { customdata } = this.div._fullData[trace];
    const places = visible(this.div._fullData[trace], across, up);
    if (places.length > MOST_PICTURES) return this.drawFaces(screen, places, map, [across, up]);
    const room = Math.sqrt((across._length * up._length) / Math.max(places.length, 1)) * 0.45;
    const size = Math.max(SMALLEST, Math.min(LARGEST, room));
    const selected = new Set(this.info.selected);
    const near = new Set(this.info.near[map]);
    clip(screen, across, up);
    const text = this.look.template.layout.font.color;
    for (const [index, right, down] of places) {
      screen.globalAlpha = selected.size && !selected.has(index) ? 0.3 : 1;
      const frame = (color, width, out, dash = []) => {
        Object.assign(screen, { strokeStyle: color, lineWidth: width });
        screen.setLineDash(dash);
        screen.strokeRect(right - size / 2 - out, down - size / 2 - out, size + 2 * out, size + 2 * out);
      };
      screen.drawImage(this.painted.of(index), right - size / 2, down - size / 2, size, size);
      frame(this.info.colors[customdata[index][1]] ?? this.look.colours.grey, 3, 1);
      if (this.info.ringed && this.misread.has(index)) frame(this.look.colours.red, 3, 5);
      if (near.has(index)) frame(text, 2, 4, [4, 3]);
      if ((index === this.info.picked && !this.question) || index === this.marked) frame(this.look.colours.orange, 4, 5);
    }
    screen.restore();
    return { pictures: places.length };
  }

  // Show some of the points as small pictures: only selected ones, if there are any. The chosen point, with its label, and those of
  // its neighbours that are far away have one where it hides least, with a line from its point.
  drawFaces(screen, places, map, [across, up]) {
    const { info, look } = this;
    const { text } = this.div._fullData[info.marks[map] - 1];
    const names = visible(this.div._fullData[info.marks[map] - 1], across, up);
    const chosen = this.question ? [] : places.filter(([index]) => index === info.picked);
    const { customdata } = this.div._fullData[info.points[map]];
    const isNear = !info.selected.length && info.near[map].length > 0;
    const bright = new Set(isNear ? info.torn[map] : info.selected);
    const among = isNear || bright.size ? places.filter(([index]) => bright.has(index)) : places;
    const square = ([x, y], half) => [x - half, y - half, x + half, y + half];
    const side = (most, part) => Math.min(most, part * this.div.clientWidth);
    const cloud = side(Math.max(CLOUD, CLOUD_OF_MAP * across._length), CLOUD_PART);
    const boxes = [...names.map(([, ...place]) => around(place, cloud)), ...chosen.map(([, ...place]) => square(place, RING))];
    const [gap, face] = bright.size ? [1.2, BRIGHT] : [GAP, Math.max(FACE, FACE_PART * across._length)];
    for (const [name, ...place] of names) this.nameCloud(screen, Number(text[name].match(/\d/)), place, places, customdata, cloud);
    const callOut = (place, ...how) => this.callOut(screen, place, { places, boxes, chosen }, ...how);
    for (const place of chosen) callOut(place, look.colours.orange, 5, side(CALLED, CALLED_PART), info.colors.length ? customdata[place[0]][1] : undefined);
    const shown = isNear ? among : this.question ? [] : thinned(among, boxes, gap, face);
    for (const place of shown) {
      if (isNear) callOut(place, look.colours.red, 3, side(BRIGHT, BRIGHT_PART), undefined, FAR_RING);
      else drawFace(screen, this.painted.of(place[0]), place, info.colors[customdata[place[0]][1]] ?? look.colours.grey, 2, face);
    }
    return { faces: shown.length + chosen.length };
  }

  // Cover the number of a cloud with the picture of the most usual digit near it, and the number.
  nameCloud(screen, label, [x, y], places, customdata, side) {
    const { info: { colors }, look: { background }, div: { _fullLayout: { font } } } = this;
    const near = places.filter(([index, left, top]) => customdata[index][1] === label && Math.hypot(left - x, top - y) < 2 * side);
    if (!near.length) return;
    const odd = oddities(this.painted.sheet, near.map(([index]) => index));
    const [index] = near[odd.indexOf(Math.min(...odd))];
    drawFace(screen, this.painted.of(index), [index, x, y], colors[label], 3, side);
    drawNumber(screen, label, [x + side * (0.5 + TAG), y + side * (0.5 - TAG)], side * TAG, colors[label], [background, font.color], font.family);
  }

  // Draw the picture of a point beside it, with a line from the point below all pictures, and possibly its number.
  callOut(screen, [index, x, y], { places, boxes, chosen }, color, width, side, label, ring) {
    const { clientWidth, clientHeight, _fullLayout: { font } } = this.div;
    const [left, top] = beside([x, y], side, places, boxes, [0, 0, clientWidth, clientHeight], chosen);
    boxes.push(around([left, top], side));
    Object.assign(screen, { strokeStyle: color, lineWidth: 2, globalCompositeOperation: "destination-over" });
    screen.stroke(new Path2D(`M${x} ${y}L${left} ${top}`));
    screen.globalCompositeOperation = "source-over";
    if (ring) screen.stroke(circle([x, y], ring));
    drawFace(screen, this.painted.of(index), [index, left, top], color, width, side);
    const at = [left + side * (0.5 + TAG), top + side * (0.5 - TAG)];
    if (label !== undefined) drawNumber(screen, label, at, side * TAG, color, [this.look.background, font.color], font.family);
  }

  remove() {
    this.info = null;
    this.ending.abort();
    for (const part of [this.tip, this.overlay, this.question]) part?.remove();
  }
}
