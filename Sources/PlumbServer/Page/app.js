import { addFiles, addImage, renderChips } from "./chips.js";
import { renderExport } from "./export.js";
import { isComparing, prepareFeedback, redo, refine, renderComparison, renderFeedback, showMethods, undo } from "./feedback.js";
import { Grid } from "./grid.js";
import { toast } from "./notices.js";
import { formatTerms, parseTerms } from "./query.js";
import { askForName } from "./saved.js";
import { filterNames, isWanted, load, mark, onChange, restore, saveAs, setAtLeast, setQuery, state } from "./search.js";
import { refreshStatus, updateIndex } from "./status.js";
import { render as renderViewer, view } from "./viewer.js";

const element = (id) => document.getElementById(id);
const number = new Intl.NumberFormat("en");
const box = element("box");

const act = async (what, hit, grid) => {
  if (what === "more") addImage(hit.id);
  else if (what === "open") view(hit, grid);
  else await mark(hit.id, what);
};
const grid = new Grid(element("grid"), act);
let shownResults = null;
prepareFeedback(act);

function render() {
  const { query, results, hits, marks, isLoading } = state;
  const texts = query.terms.filter((term) => term.text !== undefined);
  // While the box already says this, what somebody is typing (a sign, a space) stays as it is.
  if (JSON.stringify(parseTerms(box.value)) !== JSON.stringify(texts)) box.value = formatTerms(texts);
  renderChips();
  renderFilters();
  renderFeedback();
  renderExport();
  renderViewer();

  const isEmpty = !isLoading && results !== null && hits.length === 0;
  const isSkeleton = isLoading && hits.length === 0;
  element("start").hidden = query.terms.length > 0;
  element("empty").hidden = !isEmpty && (isWanted() || query.terms.length === 0);
  element("empty-text").textContent = isEmpty
    ? (results.empty_because ?? "No image matches.")
    : "Add something that is wanted: what is not wanted only narrows it.";
  element("empty-clear").hidden = !isEmpty || countFilters() === 0;
  element("results").hidden = element("feedback").hidden = !isSkeleton && hits.length === 0;
  element("results").setAttribute("aria-busy", isLoading);
  if (results) element("summary").textContent = summary(results);
  // While hits load, the last answer stays: it is read out again only where it has changed.
  const isReason = !element("empty").hidden;
  if (!isLoading) announce(isReason ? `Nothing found. ${element("empty-text").textContent}` : results ? countHits() : "");

  const isNew = results !== shownResults;
  const comparing = isComparing();
  element("grid").hidden = comparing;
  element("comparison").hidden = !comparing;
  if (isNew) element("main").scrollTop = 0;
  if (comparing) renderComparison();
  else if (isSkeleton) grid.showSkeleton();
  else grid.show(hits, marks, { isAnimated: isNew && state.session !== null });
  shownResults = results;
}

/** "adaptive · 12 ms · 8,000 images"; with a filter or a threshold, once all hits have been loaded, "… · 25 of 8,000 images". */
function summary({ method, seconds, images }) {
  const milliseconds = seconds * 1000;
  const time = milliseconds < 10 ? milliseconds.toFixed(1) : Math.round(milliseconds);
  const { hits, hasMore } = state;
  const share = !hasMore && hits.length < images ? `${number.format(hits.length)} of ` : "";
  return `${method} · ${time} ms · ${share}${number.format(images)} images`;
}

/** "25 hits", or "60 hits or more" where more are loaded by scrolling. */
function countHits() {
  const { length } = state.hits;
  return `${number.format(length)} ${length === 1 ? "hit" : "hits"}${state.hasMore ? " or more" : ""}`;
}

/** Tells a screen reader. The element is always there: of a live region that appears with its text nothing is read out. */
function announce(text) {
  if (element("announcement").textContent !== text) element("announcement").textContent = text;
}

// Filters

const filters = element("filters");
const countFilters = () => filterNames.filter((name) => state.query.filter[name]).length + (state.atLeast > 0);

function renderFilters() {
  const { filter } = state.query;
  for (const name of filterNames) {
    if (filters.elements[name] !== document.activeElement) filters.elements[name].value = filter[name] ?? "";
  }
  const count = countFilters();
  element("filters-count").textContent = count;
  element("filters-count").hidden = count === 0;
  element("at-least").value = Math.round(state.atLeast * 100);
  element("at-least-value").textContent = Math.round(state.atLeast * 100);
}

filters.addEventListener("input", ({ target }) => {
  if (target.id === "at-least") return setAtLeast(target.valueAsNumber / 100);
  const filter = { ...state.query.filter, [target.name]: target.value.trim() };
  if (!filter[target.name]) delete filter[target.name];
  setQuery({ filter });
});
filters.addEventListener("submit", (event) => event.preventDefault());
filters.addEventListener("reset", () => {
  state.atLeast = 0;
  setQuery({ filter: {} });
});
element("empty-clear").addEventListener("click", () => {
  filters.reset();
  box.focus();
});
element("filters-toggle").addEventListener("click", ({ currentTarget }) => {
  filters.hidden = !filters.hidden;
  currentTarget.setAttribute("aria-expanded", !filters.hidden);
});

// Words and images

const searchWords = (text) => {
  const images = state.query.terms.filter((term) => term.image);
  setQuery({ terms: [...parseTerms(text), ...images] }, { keepsMarks: false });
};
box.addEventListener("input", () => searchWords(box.value));
element("search").addEventListener("submit", (event) => {
  event.preventDefault();
  grid.focus(0);
});
element("examples").addEventListener("click", ({ target }) => {
  if (target.matches("button")) searchWords(target.textContent);
});
element("add-image").addEventListener("click", () => element("files").click());
element("files").addEventListener("change", async ({ target }) => {
  const files = [...target.files];
  target.value = "";
  await addFiles(files);
});
addEventListener("paste", async (event) => {
  const files = [...event.clipboardData.files];
  if (files.length > 0) event.preventDefault();
  await addFiles(files);
});
const hasFiles = (event) => event.dataTransfer?.types.includes("Files");
addEventListener("dragover", (event) => {
  if (!hasFiles(event)) return;
  event.preventDefault();
  element("drop").hidden = false;
});
addEventListener("dragleave", (event) => {
  if (event.relatedTarget === null) element("drop").hidden = true;
});
addEventListener("drop", async (event) => {
  if (!hasFiles(event)) return;
  event.preventDefault();
  element("drop").hidden = true;
  await addFiles([...event.dataTransfer.files]);
});

// Results

new IntersectionObserver(([{ isIntersecting }]) => isIntersecting && load({ isMore: true }), {
  root: element("main"),
  rootMargin: "1200px",
}).observe(element("end"));

element("compare").addEventListener("click", ({ currentTarget }) => {
  currentTarget.setAttribute("aria-pressed", !isComparing());
  render();
});
element("save").addEventListener("click", async () => {
  const name = await askForName(state.session ?? { ...state.query, name: null });
  if (!name) return;
  await saveAs(name);
  toast(`Saved as “${name}”.`);
});

// Dialogs and keys

for (const dialog of document.querySelectorAll("dialog")) {
  dialog.addEventListener("click", ({ target }) => {
    if (target === dialog || target.closest("[data-close]")) dialog.close();
  });
  dialog.addEventListener("close", () => document.body.append(element("toasts")));
}
element("keys-open").addEventListener("click", () => element("keys").showModal());
const shortcuts = {
  "/": () => box.select(),
  "?": () => element("keys").showModal(),
  r: refine,
  z: undo,
  y: redo,
};
addEventListener("keydown", (event) => {
  const isTyping = event.target.matches("input:not([type=range], [type=radio]), select");
  if (isTyping || event.ctrlKey || event.metaKey || event.altKey || document.querySelector("dialog[open]")) return;
  if (!(event.key in shortcuts)) return;
  event.preventDefault();
  shortcuts[event.key]();
});
box.addEventListener("keydown", (event) => {
  if (event.key !== "ArrowDown") return;
  event.preventDefault();
  grid.focus(0);
});

// The server

const update = () => updateIndex(load);
element("update").addEventListener("click", update);
addEventListener("connection", ({ detail: { isLost } }) => {
  element("lost").hidden = !isLost;
  if (isLost) connect();
  else load();
});
let retryTimer;
async function connect() {
  clearTimeout(retryTimer);
  retryTimer = setTimeout(() => element("lost").hidden || connect(), 3000);
  showMethods(await refreshStatus(load));
}
element("retry").addEventListener("click", connect);

onChange(render);
addEventListener("hashchange", restore);
connect();
restore();
