// Keeps the theme that a visitor has chosen in the menu on all pages: Streamlit keeps it only for the address of the page
// that was opened first. In a window without room to spare, it closes the settings at first, and in one
// where they lie over the page each time. This script runs before Streamlit's.

{
  const ours = "digitviz-theme";
  const streamlits = `stActiveTheme-${location.pathname}-v2`;
  const copy = (from, to) => {
    const chosen = localStorage.getItem(from);
    if (chosen) localStorage.setItem(to, chosen);
  };
  const [closed, closedByUs] = ["stSidebarCollapsed-", "digitviz-settings-closed"];
  const narrow = matchMedia("(width <= 1400px)"); // a projector or a small laptop shows the picture large
  const covered = matchMedia("(width <= 1100px)"); // see page.css
  const closeSettings = () => {
    const chosen = localStorage.getItem(closed);
    if (covered.matches ? chosen !== "true" : narrow.matches && !chosen) for (const key of [closed, closedByUs]) localStorage.setItem(key, "true");
    else if (!narrow.matches && localStorage.getItem(closedByUs)) for (const key of [closed, closedByUs]) localStorage.removeItem(key);
  };
  try {
    copy(ours, streamlits);
    addEventListener("pagehide", () => copy(streamlits, ours));
    closeSettings();
    addEventListener("resize", closeSettings); // before Streamlit, which then checks again
  } catch {} // without storage, the theme follows the system
}
