import { get, post } from "./api.js";
import { toast } from "./notices.js";

const element = (id) => document.getElementById(id);
const number = new Intl.NumberFormat("en");
const failed = "The update of the index failed.";
let isRunning = false;
let timer;

/** Reads and shows the state of the server and its index; `onUpdated` is called when an update of the index has ended. */
export async function refreshStatus(onUpdated) {
  clearTimeout(timer);
  const status = await get("/api/status");
  const { state, done, of, message, skipped, skipped_count: skippedCount } = status.update;
  element("status-text").textContent = `${number.format(status.images)} images · ${status.model.name}`;
  element("status-text").title = `Index: ${status.index}\nFolders: ${status.roots.join(", ")}\nPlumb ${status.version}`;
  element("roots").replaceChildren(...status.roots.map((root) => new Option(root)));

  const progress = element("progress");
  progress.hidden = state !== "running";
  progress.max = Math.max(of, 1);
  if (of > 0) progress.value = done;
  else progress.removeAttribute("value");
  element("progress-text").textContent =
    state === "running" ? `${number.format(done)} of ${number.format(of)}` : state === "failed" ? (message ?? failed) : "";
  element("update").disabled = state === "running";

  element("skipped-open").hidden = skippedCount === 0;
  element("skipped-open").textContent = `${number.format(skippedCount)} skipped`;
  element("skipped-list").replaceChildren(
    ...skipped.map(({ path, reason }) => {
      const line = document.createElement("li");
      const file = document.createElement("code");
      file.textContent = path;
      line.append(file, ` ${reason}`);
      return line;
    })
  );

  if (isRunning && state !== "running") {
    if (state === "failed") toast(message ?? failed, { isError: true });
    else toast(`The index is up to date: ${number.format(status.images)} images.`);
    onUpdated();
  }
  isRunning = state === "running";
  if (isRunning) timer = setTimeout(refreshStatus, 700, onUpdated);
  return status;
}

/** Starts an update of the index and follows it. */
export async function updateIndex(onUpdated) {
  await post("/api/index/update");
  isRunning = true;
  await refreshStatus(onUpdated);
}

element("skipped-open").addEventListener("click", () => element("skipped").showModal());
