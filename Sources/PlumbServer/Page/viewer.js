import { showImage } from "./api.js";
import { state } from "./search.js";

const element = (id) => document.getElementById(id);
const dialog = element("viewer");
const facts = new Intl.DateTimeFormat("en", { dateStyle: "long", timeStyle: "short" });
let grid = null;
let index = 0;

/** "1.2 MB". */
const size = (bytes) =>
  bytes < 1e6 ? `${(bytes / 1e3).toFixed(bytes < 1e4 ? 1 : 0)} kB` : `${(bytes / 1e6).toFixed(1)} MB`;

/** Opens the large view of a hit; the grid gives the images before and after it. */
export function view(hit, from) {
  grid = from;
  index = grid.hits.indexOf(hit);
  if (!dialog.open) dialog.showModal();
  dialog.focus();
  render();
}

/** Draws the open view again, after marks have changed. */
export function render() {
  if (!dialog.open) return;
  const hit = grid.hits[index];
  if (!hit) return dialog.close();
  const image = element("viewer-image");
  showImage(image, hit.id, 1600);
  image.alt = hit.name;
  element("viewer-name").textContent = hit.name;
  const rows = [
    ["Path", hit.path],
    ["Size", size(hit.bytes)],
    ["Changed", facts.format(new Date(hit.changed))],
    ["Score", `${hit.score.toFixed(3)}, place ${index + 1}`],
    ...hit.copies.map((copy) => ["Copy", copy]),
  ];
  element("viewer-facts").replaceChildren(
    ...rows.flatMap((row) => row.map((text, column) => {
      const cell = document.createElement(column ? "dd" : "dt");
      cell.textContent = text;
      return cell;
    }))
  );
  for (const value of ["good", "bad"]) {
    dialog.querySelector(`[data-do="${value}"]`).setAttribute("aria-pressed", state.marks.get(hit.id) === value);
  }
  element("viewer-previous").disabled = index === 0;
  element("viewer-next").disabled = index === grid.hits.length - 1;
}

function step(by) {
  if (!grid.hits[index + by]) return;
  index += by;
  render();
}

function act(what) {
  const hit = grid.hits[index];
  if (what === "more") dialog.close();
  grid.act(what === state.marks.get(hit.id) ? "none" : what, hit, grid);
}

dialog.addEventListener("click", ({ target }) => {
  const what = target.closest("[data-do]")?.dataset.do;
  if (what) act(what);
});
element("viewer-previous").addEventListener("click", () => step(-1));
element("viewer-next").addEventListener("click", () => step(1));
// On the window, because a button at the end of the row loses the focus when it is disabled.
addEventListener("keydown", (event) => {
  if (!dialog.open) return;
  const steps = { ArrowLeft: -1, ArrowRight: 1 };
  const marks = { g: "good", b: "bad", u: "none", m: "more" };
  if (event.key in steps) step(steps[event.key]);
  else if (event.key in marks) act(marks[event.key]);
});
dialog.addEventListener("close", () => grid.focus(index));
