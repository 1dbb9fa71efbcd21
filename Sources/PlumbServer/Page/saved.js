import { get } from "./api.js";
import { ask } from "./notices.js";
import { formatTerms } from "./query.js";
import { deleteSession, renameSession } from "./search.js";

const element = (id) => document.getElementById(id);
const template = element("search-item");
const dialog = element("saved");
const when = new Intl.DateTimeFormat("en", { dateStyle: "medium", timeStyle: "short" });

const plural = (count, noun) => `${count} ${noun}${count === 1 ? "" : "s"}`;

/** "a street + snow, 2 images". */
function describe({ terms }) {
  const images = terms.filter((term) => term.image).length;
  return [formatTerms(terms), images && plural(images, "image")].filter(Boolean).join(", ");
}

/** The name that a search is offered, and the one in its list. */
export function askForName(session) {
  const title = session.name ? "Rename" : "Save this search";
  return ask({ title, label: "Name", value: (session.name ?? describe(session)).slice(0, 200), button: "Save" });
}

function item(session) {
  const line = template.content.firstElementChild.cloneNode(true);
  const title = session.name ?? describe(session);
  const { good, bad } = session.rounds[session.current];
  line.querySelector("a").href = `#s=${session.id}`;
  line.querySelector("a").addEventListener("click", () => dialog.close());
  line.querySelector("strong").textContent = title;
  line.querySelector("small").textContent = [
    session.name && describe(session),
    good.length + bad.length > 0 && `${good.length} good, ${bad.length} bad`,
    session.current > 0 && plural(session.current, "round"),
    when.format(new Date(session.changed)),
  ].filter(Boolean).join(" · ");
  const [rename, remove] = line.querySelectorAll("button");
  rename.setAttribute("aria-label", (rename.title = `${session.name ? "Rename" : "Save"} ${title}`));
  remove.setAttribute("aria-label", (remove.title = `Delete ${title}`));
  rename.addEventListener("click", async () => {
    const name = await askForName(session);
    if (name) await renameSession(session.id, name);
    await fill();
  });
  remove.addEventListener("click", async () => {
    const text = "The search, its rounds and its marks are deleted. The images stay.";
    if ((await ask({ title: `Delete “${title}”?`, text, button: "Delete" })) === null) return;
    await deleteSession(session.id);
    await fill();
  });
  return line;
}

async function fill() {
  const { sessions } = await get("/api/sessions");
  element("saved-list").replaceChildren(...sessions.filter(({ name }) => name).map(item));
  element("recent-list").replaceChildren(...sessions.filter(({ name }) => !name).slice(0, 30).map(item));
}

element("saved-open").addEventListener("click", async () => {
  await fill();
  dialog.showModal();
});
