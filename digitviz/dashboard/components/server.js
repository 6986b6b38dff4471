// Sets the URL of Streamlit's server. After following a link to a page, Streamlit would otherwise first look for a server
// below the page's own URL and log an error in the console.
window.__streamlit = { BACKEND_BASE_URL: new URL("..", document.currentScript.src).href };
