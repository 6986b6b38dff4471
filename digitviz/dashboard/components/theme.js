// Keeps the theme that a visitor has chosen in the menu on all pages. Streamlit keeps it only for the address of the page
// that was opened first. This script runs before Streamlit's.

{
  const ours = "digitviz-theme";
  const streamlits = `stActiveTheme-${location.pathname}-v2`;
  const copy = (from, to) => {
    const chosen = localStorage.getItem(from);
    if (chosen) localStorage.setItem(to, chosen);
  };
  try {
    copy(ours, streamlits);
    addEventListener("pagehide", () => copy(streamlits, ours));
  } catch {} // without storage, the theme follows the system
}
