// Leads the eye to one place of the page: opens the sidebar if it lies there, scrolls there, stays there while pictures grow
// around it, and rings it once.

const MILLISECONDS = 4000;
const HANDS = ["wheel", "pointerdown", "touchstart", "keydown"];

export function show({ data: { place, color }, parentElement }) {
  if (parentElement.digitvizSpotlight) return; // a rerun: it was led there already
  parentElement.digitvizSpotlight = true;
  const end = performance.now() + MILLISECONDS;
  let top = null;
  let ringed = false;
  let opened = false;
  let taken = false; // by the visitor, who scrolls from now on
  const take = () => (taken = true);
  for (const event of HANDS) addEventListener(event, take, { once: true, passive: true });
  function follow() {
    const element = document.querySelector(`.st-key-${place}`);
    if (!opened && element?.closest("[data-testid=stSidebar]") && element.getBoundingClientRect().right <= 0) {
      opened = true; // once: a visitor may close it again
      document.querySelector("[data-testid=stExpandSidebarButton]")?.click();
    }
    if (element && element.getBoundingClientRect().top !== top) {
      element.scrollIntoView({ block: "center" });
      top = element.getBoundingClientRect().top;
    }
    if (element && !ringed) {
      ringed = true;
      const ring = (hue) => ({ outline: `3px solid ${hue}`, outlineOffset: "6px", borderRadius: "6px" });
      element.animate([ring(color), ring(color), ring("transparent")], { duration: MILLISECONDS });
    }
    if (!taken && performance.now() < end) requestAnimationFrame(follow);
    else for (const event of HANDS) removeEventListener(event, take);
  }
  follow();
}

export function remove() {}
