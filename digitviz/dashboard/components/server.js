// Tells Streamlit where its server is. On a link to a page it would first look for one below the page's own address, and
// write into the console that there is none.
window.__streamlit = { BACKEND_BASE_URL: new URL("..", document.currentScript.src).href };
