// Keeps the theme that a visitor has chosen in the menu on all pages: Streamlit keeps it only for the address of the page
// that was opened first. It closes the settings at first, so that the picture is large and does not move aside for them,
// and in a window where they lie over the page each time. This script runs before Streamlit's.

{
  const ours = "digitviz-theme";
  const streamlits = `stActiveTheme-${location.pathname}-v2`;
  const copy = (from, to) => {
    const chosen = localStorage.getItem(from);
    if (chosen) localStorage.setItem(to, chosen);
  };
  const closed = "stSidebarCollapsed-";
  const covered = matchMedia("(width <= 1100px)"); // see page.css
  const closeSettings = () => {
    const chosen = localStorage.getItem(closed);
    if (covered.matches ? chosen !== "true" : !chosen) localStorage.setItem(closed, "true");
  };
  try {
    copy(ours, streamlits);
    addEventListener("pagehide", () => copy(streamlits, ours));
    closeSettings();
    addEventListener("resize", closeSettings); // before Streamlit, which then checks again
  } catch {} // without storage, the theme follows the system
}
