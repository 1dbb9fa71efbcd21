import { request } from "./api.js";
import { toast } from "./notices.js";
import { countMarks, sessionId, state } from "./search.js";

const menu = document.getElementById("export");
const form = menu.querySelector("form");

/** Shows how many images there are to export. */
export function renderExport() {
  const good = countMarks("good");
  document.getElementById("export-good").textContent = good;
  document.getElementById("export-hits").textContent = state.hits.length;
  form.elements.what[0].disabled = good === 0;
  if (good === 0) form.elements.what[1].checked = true;
}

form.addEventListener("submit", async (event) => {
  event.preventDefault();
  menu.open = false;
  const choice = event.submitter.value;
  const what = form.elements.what.value;
  const format = choice === "copy" ? "paths" : choice;
  // The server exports what is on the screen: as many hits as have been loaded, above the same threshold.
  const shown = what === "hits" ? `&count=${Math.min(state.hits.length, 500)}&at_least=${state.atLeast}` : "";
  const answer = await request(`/api/sessions/${await sessionId()}/export?what=${what}&format=${format}${shown}`);
  if (choice === "copy") return copy(await answer.text());
  // Fetched rather than linked to, because a link can neither send the token nor show an error.
  const link = document.createElement("a");
  link.href = URL.createObjectURL(await answer.blob());
  link.download = { paths: "plumb.txt", json: "plumb.json", zip: "plumb.zip" }[format];
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 60000);
});

async function copy(paths) {
  if (!navigator.clipboard) {
    throw new Error("The browser allows copying only on localhost or over https. Export the paths instead.");
  }
  await navigator.clipboard.writeText(paths);
  const count = paths.trim().split("\n").length;
  toast(`${count} ${count === 1 ? "path" : "paths"} copied.`);
}

document.addEventListener("click", ({ target }) => {
  if (!menu.contains(target)) menu.open = false;
});
menu.addEventListener("keydown", (event) => {
  if (event.key === "Escape") menu.open = false;
});
