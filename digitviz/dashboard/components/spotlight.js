// Leads the visitor to places of the page: opens the sidebar or a fold if necessary, scrolls to the first place that is not empty,
// keeps it in sight while pictures grow around it, and circles each place once.

const MILLISECONDS = 4000;
const PATIENCE = 30_000; // milliseconds to wait for a place that is still being computed
const MARGINS = [130, 80]; // pixels that the menu and the answer cover at the top, and messages at the bottom
const HANDS = ["wheel", "pointerdown", "touchstart", "keydown"];

export function show({ data: { places, number, color }, parentElement }) {
  if (parentElement.digitvizSpotlight === number) return; // a rerun, after the first time
  parentElement.digitvizSpotlight = number;
  const latest = performance.now() + PATIENCE;
  const ringed = new Set();
  let end = null; // of the time after the first place has appeared
  let sidebarOpened = false;
  let foldOpened = false; // may be in the sidebar
  let taken = false; // the visitor has started to scroll
  const take = () => (taken = true);
  for (const event of HANDS) addEventListener(event, take, { once: true, passive: true });
  const ring = (hue) => ({ outline: `3px solid ${hue}`, outlineOffset: "3px", borderRadius: "6px" });
  function follow() {
    const found = places.map((place) => document.querySelector(`.st-key-${CSS.escape(place)}`));
    const first = found.find((element) => element?.offsetHeight) ?? found.find(Boolean);
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
    const onTop = box && document.elementFromPoint((box.left + box.right) / 2, box.bottom - 1);
    if (box && !taken && (box.top < MARGINS[0] || !first.contains(onTop))) {
      first.style.scrollMarginBlock = `${MARGINS[0]}px ${MARGINS[1]}px`;
      first.scrollIntoView({ block: "nearest" });
    }
    for (const element of found) {
      if (!element?.offsetHeight || ringed.has(element)) continue;
      ringed.add(element);
      element.animate([ring(color), ring(color), ring("transparent")], { id: "digitviz-ring", duration: MILLISECONDS });
    }
    if (performance.now() < (end ?? latest)) requestAnimationFrame(follow);
    else for (const event of HANDS) removeEventListener(event, take);
  }
  follow();
}
