import { get, post, request } from "./api.js";
import { toast } from "./notices.js";
import { formatTerms, mostTerms, parseTerms } from "./query.js";

const pageSize = 60;
/** By what a search may be narrowed. */
export const filterNames = ["folder", "glob", "since", "before"];

/** All that the page shows of the current search. `marks` maps an image's id to "good" or "bad"; `method` is null for the default one. */
export const state = {
  query: { terms: [], filter: {} },
  atLeast: 0,
  method: null,
  session: null,
  marks: new Map(),
  hits: [],
  results: null,
  isLoading: false,
  hasMore: false,
};

const views = [];
let timer;
let running = new AbortController();
let queue = Promise.resolve();
let pending = 0;

/** Calls the view after every change. */
export const onChange = (view) => views.push(view);
const changed = () => views.forEach((view) => view());

/** Whether anything is wanted: a search of what is not wanted alone has no direction. */
export const isWanted = () => state.query.terms.some((term) => term.weight > 0);

export const countMarks = (value) => [...state.marks.values()].filter((mark) => mark === value).length;

/** Changes to a session go one after the other; after the last one the marks shown are those that the server has. */
function inOrder(work) {
  const { query } = state;
  pending += 1;
  const result = queue
    .then(() => work(query))
    .finally(() => {
      pending -= 1;
      if (pending === 0 && state.session) adopt(state.session);
      changed();
    });
  queue = result.catch(() => {});
  return result;
}

function mustStillAsk(query) {
  if (state.query !== query) throw new DOMException("The search has changed.", "AbortError");
}

/** The address restores the search: the session, or the query while there is none, and how both are looked at. */
function rememberInAddress() {
  const fragment = new URLSearchParams();
  const { terms, filter } = state.query;
  if (state.session) fragment.set("s", state.session.id);
  else {
    const text = formatTerms(terms);
    if (text) fragment.set("q", text);
    for (const { image, weight } of terms.filter((term) => term.image)) fragment.append("image", `${weight}:${image}`);
    for (const [name, value] of Object.entries(filter)) fragment.set(name, value);
  }
  if (state.atLeast > 0) fragment.set("min", Math.round(state.atLeast * 100));
  if (state.method) fragment.set("method", state.method);
  history.replaceState(null, "", `#${fragment}`);
}

/** What an address says of the query. */
function queryOf(fragment) {
  const images = fragment.getAll("image").flatMap((text) => {
    const [, weight, image] = text.match(/^(-?\d+(?:\.\d+)?):(.+)$/) ?? [];
    return image ? [{ image, weight: Math.max(-10, Math.min(Number(weight), 10)) }] : [];
  });
  const terms = [...parseTerms(fragment.get("q") ?? ""), ...images].slice(0, mostTerms);
  const filter = Object.fromEntries(filterNames.filter((name) => fragment.get(name)).map((name) => [name, fragment.get(name)]));
  return { terms, filter };
}

/** Searches for something else, as soon as typing pauses. Other words begin without marks; other weights or filters keep them. */
export function setQuery(change, { keepsMarks = true } = {}) {
  const left = state.session;
  if (left && !keepsMarks && state.marks.size > 0) {
    toast("This is a new search. The marked one is kept.", { action: "Go back", run: () => open(left.id) });
  }
  state.query = { ...state.query, ...change };
  state.session = null;
  if (!keepsMarks || state.query.terms.length === 0) state.marks = new Map();
  rememberInAddress();
  loadSoon();
}

/** Hides hits below a share of the best score, from 0 to 1. */
export function setAtLeast(share) {
  state.atLeast = share;
  rememberInAddress();
  loadSoon();
}

/** The method by which marks refine; null for the default one. */
export function setMethod(method) {
  state.method = method;
  rememberInAddress();
}

function loadSoon() {
  changed();
  clearTimeout(timer);
  timer = setTimeout(load, 120);
}

/** The hits of a round of the session; without a session those of the query. */
export function hitsOf(round, count, offset = 0, signal) {
  const page = { count, offset, at_least: state.atLeast };
  return state.session
    ? post(`/api/sessions/${state.session.id}/hits`, { ...page, round }, signal)
    : post("/api/search", { ...page, ...state.query }, signal);
}

/** Loads the first hits, or more of them; the answer to an earlier question is dropped. */
export async function load({ isMore = false } = {}) {
  if (isMore && (state.isLoading || !state.hasMore)) return;
  if (!isMore) {
    clearTimeout(timer);
    running.abort();
    running = new AbortController();
  }
  const { signal } = running;
  state.isLoading = isWanted();
  if (!state.isLoading) Object.assign(state, { hits: [], results: null, hasMore: false });
  changed();
  if (!state.isLoading) return;
  try {
    const results = await hitsOf(state.session?.current, pageSize, isMore ? state.hits.length : 0, signal);
    signal.throwIfAborted();
    state.hits = isMore ? [...state.hits, ...results.hits] : results.hits;
    state.hasMore = results.hits.length === pageSize;
    if (!isMore) state.results = results;
  } finally {
    if (!signal.aborted) {
      state.isLoading = false;
      changed();
    }
  }
}

function adopt(session) {
  const { good, bad } = session.rounds[session.current];
  state.session = session;
  state.marks = new Map([...good.map((id) => [id, "good"]), ...bad.map((id) => [id, "bad"])]);
  rememberInAddress();
}

const markedIds = (value) => [...state.marks].filter(([, mark]) => mark === value).map(([id]) => id);

/** The session of the query, which is created, with the marks, when there is none. */
async function ensureSession(query) {
  mustStillAsk(query);
  if (state.session) return;
  let session = await post("/api/sessions", query);
  if (state.marks.size > 0) {
    session = await post(`/api/sessions/${session.id}/marks`, { good: markedIds("good"), bad: markedIds("bad"), none: [] });
  }
  mustStillAsk(query);
  state.session = session;
}

async function change(query, path, body) {
  const session = await post(`/api/sessions/${state.session.id}/${path}`, body);
  mustStillAsk(query);
  state.session = session;
}

/** The identifier of the session, which is created when there is none. */
export const sessionId = () => inOrder(ensureSession).then(() => state.session.id);

/** Marks an image "good", "bad" or "none": at once on the screen, then on the server. */
export function mark(id, value) {
  if (value === "none") state.marks.delete(id);
  else state.marks.set(id, value);
  changed();
  return inOrder(async (query) => {
    const hadSession = state.session !== null;
    await ensureSession(query);
    if (hadSession) await change(query, "marks", { good: [], bad: [], none: [], [value]: [id] });
  });
}

/** Moves the session: `refine`, `undo` or `redo`. */
export function move(verb, body) {
  return inOrder(async (query) => {
    await ensureSession(query);
    await change(query, verb, body);
    adopt(state.session);
    await load();
  });
}

/** Goes to a round, back or forth. */
export async function goToRound(number) {
  while (state.session.current > number) await move("undo");
  while (state.session.current < number) await move("redo");
}

/** Gives the search a name, under which it is saved. */
export function saveAs(name) {
  return inOrder(async (query) => {
    await ensureSession(query);
    await change(query, "name", { name });
  });
}

/** Gives any session a name. */
export async function renameSession(id, name) {
  const session = await post(`/api/sessions/${id}/name`, { name });
  if (state.session?.id === id) state.session = session;
}

/** Deletes a session; if it is the current one, its words stay and its marks go. */
export async function deleteSession(id) {
  await request(`/api/sessions/${id}`, { method: "DELETE" });
  if (state.session?.id !== id) return;
  state.session = null;
  setQuery({}, { keepsMarks: false });
}

async function open(id) {
  const session = await get(`/api/sessions/${id}`);
  state.query = { terms: session.terms, filter: session.filter };
  adopt(session);
  await load();
}

/** Shows what the address names. */
export async function restore() {
  const fragment = new URLSearchParams(location.hash.slice(1));
  const id = fragment.get("s");
  if (id && id === state.session?.id) return;
  state.atLeast = Math.max(0, Math.min(Number(fragment.get("min")) / 100 || 0, 1));
  state.method = fragment.get("method");
  try {
    if (id) return await open(encodeURIComponent(id));
  } catch (error) {
    if (error.status !== 404) throw error;
    toast("That search is no longer there.", { isError: true });
  }
  setQuery(queryOf(fragment), { keepsMarks: false });
}
