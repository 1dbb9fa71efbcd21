import { ask } from "./notices.js";

const tokenKey = "plumb-token";
let asking = null;
let isLost = false;

/** Takes the token out of the address, where it must not stay: it could be copied or bookmarked. Says whether there was one. */
function takeToken() {
  const fragment = new URLSearchParams(location.hash.slice(1));
  const token = fragment.get("token");
  if (token === null) return false;
  sessionStorage.setItem(tokenKey, token);
  fragment.delete("token");
  history.replaceState(null, "", `#${fragment}`);
  return true;
}
takeToken();
// The link with the token may be opened where the page is open already.
addEventListener("hashchange", () => takeToken() && location.reload());

async function askForToken() {
  const text = "This server needs the token that plumb serve printed when it started.";
  const token = await ask({ title: "Token", text, label: "Token", type: "password", button: "Continue" });
  if (token === null) throw new Error("Without the token the server does not answer. Reload the page to enter it.");
  sessionStorage.setItem(tokenKey, token);
}

function setLost(lost) {
  if (isLost === lost) return;
  isLost = lost;
  dispatchEvent(new CustomEvent("connection", { detail: { isLost } }));
}

/** Sends a request; throws the server's own sentence, or an error named ConnectionLost. */
export async function request(path, { method = "GET", body, type = "application/json", signal } = {}) {
  const token = sessionStorage.getItem(tokenKey);
  const headers = { ...(body && { "Content-Type": type }), ...(token && { Authorization: `Bearer ${token}` }) };
  let response;
  try {
    response = await fetch(path, { method, headers, body, signal });
  } catch (error) {
    if (error.name === "AbortError") throw error;
    setLost(true);
    throw Object.assign(new Error("The server does not answer."), { name: "ConnectionLost" });
  }
  setLost(false);
  if (response.status === 401) {
    // A token that another request has just asked for is tried before asking again.
    if (token === sessionStorage.getItem(tokenKey)) await (asking ??= askForToken().finally(() => (asking = null)));
    return request(path, { method, body, type, signal });
  }
  if (response.ok) return response;
  const { error } = await response.json().catch(() => ({}));
  throw Object.assign(new Error(error ?? `The server answered ${response.status}.`), { status: response.status });
}

export const get = async (path) => (await request(path)).json();

export const post = async (path, body = {}, signal) =>
  (await request(path, { method: "POST", body: JSON.stringify(body), signal })).json();

const visible = new IntersectionObserver(
  (entries) => {
    for (const { isIntersecting, target } of entries) {
      if (!isIntersecting) continue;
      visible.unobserve(target);
      loadWithToken(target);
    }
  },
  { rootMargin: "400px" }
);

async function loadWithToken(image) {
  const { path } = image.dataset;
  try {
    const url = URL.createObjectURL(await (await request(path)).blob());
    image.addEventListener("load", () => URL.revokeObjectURL(url), { once: true });
    if (image.dataset.path === path) image.src = url;
  } catch {
    image.dispatchEvent(new Event("error"));
  }
}

const tileSize = devicePixelRatio > 1.3 ? 640 : 320;

/** Loads an image into an element; an element cannot send the token, so with a token it is fetched once it is near. */
export function showImage(image, id, size = tileSize) {
  const pathOf = (side) => `/api/images/${id}/thumbnail?size=${side}`;
  const path = pathOf(size);
  if (image.dataset.path === path) return;
  image.dataset.path = path;
  if (sessionStorage.getItem(tokenKey)) return visible.observe(image);
  // The image of the tile is there already, and stays until the large one has come.
  if (size > tileSize) image.src = pathOf(tileSize);
  image.src = path;
}
