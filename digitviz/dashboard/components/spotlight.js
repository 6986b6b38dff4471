// Leads the visitor to places of the page: opens the sidebar or a fold if necessary, scrolls to the first place, follows it while
// pictures grow around it, and circles each place once.

const MILLISECONDS = 4000;
const PATIENCE = 30_000; // milliseconds to wait for a place that is still being computed
const HANDS = ["wheel", "pointerdown", "touchstart", "keydown"];

export function show({ data: { places, number, color }, parentElement }) {
  if (parentElement.digitvizSpotlight === number) return; // a rerun, after the first time
  parentElement.digitvizSpotlight = number;
  const latest = performance.now() + PATIENCE;
  const ringed = new Set();
  let end = null; // of the time after the first place has appeared
  let bottom = null;
  let sidebarOpened = false;
  let foldOpened = false; // may be in the sidebar
  let taken = false; // the visitor has started to scroll
  const take = () => (taken = true);
  for (const event of HANDS) addEventListener(event, take, { once: true, passive: true });
  const ring = (hue) => ({ outline: `3px solid ${hue}`, outlineOffset: "6px", borderRadius: "6px" });
  function follow() {
    const found = places.map((place) => document.querySelector(`.st-key-${CSS.escape(place)}`));
    const first = found.find(Boolean);
    if (first) end ??= performance.now() + MILLISECONDS;
    if (!sidebarOpened && first?.closest("[data-testid=stSidebar]") && first.getBoundingClientRect().right <= 0) {
      sidebarOpened = true; // only once, because the visitor may close it again
      document.querySelector("[data-testid=stExpandSidebarButton]")?.click();
    }
    if (!foldOpened && first?.closest("details:not([open])")) {
      foldOpened = true;
      first.closest("details").querySelector("summary").click();
    }
    const box = first?.getBoundingClientRect();
    if (!taken && box && box.bottom !== bottom) {
      if (box.top < /* covered by the menu and the answer */ 130 || box.bottom > innerHeight) first.scrollIntoView({ block: "center" });
      bottom = first.getBoundingClientRect().bottom;
    }
    for (const element of found) {
      if (!element || ringed.has(element)) continue;
      ringed.add(element);
      element.animate([ring(color), ring(color), ring("transparent")], { id: "digitviz-ring", duration: MILLISECONDS });
    }
    if (performance.now() < (end ?? latest)) requestAnimationFrame(follow);
    else for (const event of HANDS) removeEventListener(event, take);
  }
  follow();
}
