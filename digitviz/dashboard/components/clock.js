// Motion that can be started and stopped.

export class Clock {
  // `advance` is called in each frame of the screen, with the milliseconds since the last one.
  constructor(advance) {
    this.advance = advance;
    this.isRunning = false;
  }

  start() {
    this.stop(); // otherwise the first of two starts would never stop
    this.isRunning = true;
    let before = performance.now();
    const frame = (now) => {
      this.next = requestAnimationFrame(frame);
      const passed = Math.max(0, now - before); // a frame may have started before the click
      before = now;
      this.advance(passed);
    };
    this.next = requestAnimationFrame(frame);
  }

  stop() {
    cancelAnimationFrame(this.next);
    this.isRunning = false;
  }
}
