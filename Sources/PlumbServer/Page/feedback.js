import { countMarks, goToRound, hitsOf, move, setMethod, state } from "./search.js";
import { Grid } from "./grid.js";

const element = (id) => document.getElementById(id);
const compareDepth = 200;
const compareShown = 60;
let before;
let after;
let compared = {};
let standardMethod = null;

/** Makes the two columns of the comparison. */
export function prepareFeedback(act) {
  before = new Grid(element("before"), act);
  after = new Grid(element("after"), act);
}

/** Fills the list of methods, the default one first. */
export function showMethods({ methods, default_method: standard }) {
  standardMethod = standard;
  const sorted = [...methods].sort((a, b) => (b.name === standard) - (a.name === standard));
  const options = sorted.map(({ name, title, description }) => Object.assign(new Option(title, name), { title: description }));
  element("method").replaceChildren(...options);
  showMethod();
}

/** Shows the method that is chosen; the default one where the server has none of that name. */
function showMethod() {
  const list = element("method");
  list.value = state.method ?? standardMethod;
  if (list.selectedIndex < 0) list.value = standardMethod;
  list.title = list.selectedOptions[0]?.title ?? "";
}

/** Refines with the method that is chosen. */
export const refine = () => {
  if (state.marks.size > 0) return move("refine", { method: element("method").value });
};
export const undo = () => {
  if (!element("undo").disabled) return move("undo");
};
export const redo = () => {
  if (!element("redo").disabled) return move("redo");
};

/** Draws the rounds and the counts of marks. */
export function renderFeedback() {
  showMethod();
  const { session, marks } = state;
  const [good, bad] = [countMarks("good"), countMarks("bad")];
  element("undo").disabled = !session || session.current === 0;
  element("redo").disabled = !session || session.current === session.rounds.length - 1;
  element("refine").disabled = marks.size === 0;
  element("refine-count").textContent = marks.size > 0 ? ` · ${marks.size}` : "";
  element("refine").setAttribute("aria-label", `Refine with ${good} good and ${bad} bad marks`);
  const rounds = session && session.rounds.length > 1 ? session.rounds : [];
  element("hint").hidden = rounds.length > 0;
  element("hint").textContent = marks.size > 0 ? `${good} good, ${bad} bad` : "Mark images as good or bad, then refine.";
  element("rounds").replaceChildren(...rounds.map((round) => roundButton(round, session.current)));
  element("compare").disabled = !session || session.current === 0;
  if (element("compare").disabled) element("compare").setAttribute("aria-pressed", "false");
}

function roundButton({ number, method, good, bad }, current) {
  const isCurrent = number === current;
  const counts = isCurrent ? [countMarks("good"), countMarks("bad")] : [good.length, bad.length];
  const button = document.createElement("button");
  button.textContent = number === 0 ? "Start" : `${number} · ${method}`;
  button.title = `${counts[0]} good, ${counts[1]} bad`;
  if (isCurrent) button.setAttribute("aria-current", "step");
  button.addEventListener("click", () => goToRound(number));
  const line = document.createElement("li");
  line.append(button);
  return line;
}

export const isComparing = () => element("compare").getAttribute("aria-pressed") === "true";

/** Shows the round before beside the current one, with how far each image has moved. */
export async function renderComparison() {
  const { session, atLeast, marks } = state;
  const key = [session.id, session.current, atLeast].join(" ");
  if (key !== compared.key) {
    const rounds = [session.current - 1, session.current];
    compared = { key };
    const [old, fresh] = await Promise.all(rounds.map((round) => hitsOf(round, compareDepth)));
    if (compared.key !== key) return;
    compared = { key, old: old.hits, fresh: fresh.hits };
    element("before-title").textContent = `Before: ${old.method}`;
    element("after-title").textContent = `After: ${fresh.method}`;
  }
  const { old, fresh } = compared;
  if (!fresh) return;
  const places = (hits) => new Map(hits.map(({ id }, index) => [id, index]));
  const [oldPlaces, freshPlaces] = [places(old), places(fresh)];
  const left = { text: "out", direction: "down", spoken: `no longer in the first ${compareDepth}` };
  before.show(old.slice(0, compareShown), marks, { moved: (id) => (freshPlaces.has(id) ? undefined : left) });
  after.show(fresh.slice(0, compareShown), marks, { moved: (id, index) => describeMove(oldPlaces.get(id), index) });
}

function describeMove(from, to) {
  if (from === undefined) return { text: "new", direction: "up", spoken: `not in the first ${compareDepth} before` };
  const by = from - to;
  if (by === 0) return { text: "=", direction: "", spoken: "same place" };
  const direction = by > 0 ? "up" : "down";
  const places = Math.abs(by);
  return { text: `${by > 0 ? "↑" : "↓"} ${places}`, direction, spoken: `${direction} ${places} ${places === 1 ? "place" : "places"}` };
}

element("method").addEventListener("change", ({ target }) => {
  setMethod(target.value === standardMethod ? null : target.value);
  showMethod();
});
element("refine").addEventListener("click", refine);
element("undo").addEventListener("click", undo);
element("redo").addEventListener("click", redo);
