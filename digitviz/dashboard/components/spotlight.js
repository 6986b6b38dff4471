// Leads the visitor to one place of the page: opens the sidebar if necessary, scrolls to the place, follows it while
// pictures grow around it, and circles it once.

const MILLISECONDS = 4000;
const HANDS = ["wheel", "pointerdown", "touchstart", "keydown"];

export function show({ data: { place, color }, parentElement }) {
  if (parentElement.digitvizSpotlight) return; // a rerun, after the first time
  parentElement.digitvizSpotlight = true;
  const end = performance.now() + MILLISECONDS;
  let top = null;
  let ringed = false;
  let opened = false;
  let taken = false; // the visitor has started to scroll
  const take = () => (taken = true);
  for (const event of HANDS) addEventListener(event, take, { once: true, passive: true });
  function follow() {
    const element = document.querySelector(`.st-key-${place}`);
    if (!opened && element?.closest("[data-testid=stSidebar]") && element.getBoundingClientRect().right <= 0) {
      opened = true; // only once, because the visitor may close it again
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
