import { showImage } from "./api.js";

const isStill = matchMedia("(prefers-reduced-motion: reduce)");
const isTouch = matchMedia("(hover: none)");
const template = document.getElementById("tile");

const keys = { g: "good", b: "bad", u: "none", m: "more", Enter: "open" };

/** How long the bar of a score is: 1 for the best one. Below 0, where there are no shares, twice as far from 0 is half as long. */
function shareOf(score, best) {
  if (score === best) return 1;
  return best > 0 ? Math.max(0, score / best) : best / score;
}

/**
 * A grid of images that one Tab stop reaches, with the arrow keys inside.
 *
 * `act(what, hit, grid)` is called with "good", "bad", "none", "more" or "open". Tiles are kept by image, so that an image
 * that stays is neither loaded nor drawn again, and one that moves is seen to move.
 */
export class Grid {
  hits = [];
  #tiles = new Map();
  #row = document.createElement("div");
  #marks = new Map();

  constructor(element, act) {
    this.element = element;
    this.act = act;
    this.#row.setAttribute("role", "row");
    element.append(this.#row);
    element.addEventListener("click", (event) => this.#click(event));
    element.addEventListener("keydown", (event) => this.#keydown(event));
    element.addEventListener("focusin", (event) => this.#makeTabStop(event.target.closest(".tile")));
  }

  /** Shows hits; `moved` says of an id how its place has changed. */
  show(hits, marks, { isAnimated = false, moved } = {}) {
    const places = isAnimated && !isStill.matches ? this.#places() : new Map();
    const hadFocus = this.element.contains(document.activeElement);
    this.hits = hits;
    this.#marks = marks;
    const best = hits[0]?.score ?? 0;
    const kept = new Map();
    hits.forEach((hit, index) => {
      const tile = this.#tiles.get(hit.id) ?? this.#create(hit);
      kept.set(hit.id, tile);
      this.#describe(tile, hit, best, moved?.(hit.id, index));
      if (this.#row.children[index] !== tile) this.#row.insertBefore(tile, this.#row.children[index] ?? null);
    });
    while (this.#row.children.length > hits.length) this.#row.lastChild.remove();
    this.#tiles = kept;
    if (!this.#row.querySelector('[tabindex="0"]')) this.#makeTabStop(this.#row.firstChild);
    if (hadFocus && !this.element.contains(document.activeElement)) this.focus(0);
    for (const [tile, place] of places) this.#slide(tile, place);
  }

  /** Grey tiles for what is still to come. */
  showSkeleton() {
    this.show([], this.#marks);
    for (let count = 0; count < 24; count += 1) {
      const tile = document.createElement("div");
      tile.className = "tile skeleton";
      tile.setAttribute("aria-hidden", "true");
      this.#row.append(tile);
    }
  }

  /** Moves the focus to the image at an index. */
  focus(index) {
    this.#row.children[Math.max(0, Math.min(index, this.hits.length - 1))]?.focus();
  }

  #create(hit) {
    const tile = template.content.firstElementChild.cloneNode(true);
    tile.dataset.id = hit.id;
    const image = tile.querySelector("img");
    image.loading = "lazy";
    image.addEventListener("error", () => tile.classList.add("unreadable"));
    showImage(image, hit.id);
    tile.querySelector(".name").textContent = hit.name;
    tile.title = hit.name;
    for (const button of tile.querySelectorAll("button")) button.setAttribute("aria-label", button.title);
    return tile;
  }

  #describe(tile, hit, best, moved) {
    const mark = this.#marks.get(hit.id) ?? "none";
    const percent = Math.round(shareOf(hit.score, best) * 100);
    const cosine = `cosine ${hit.score.toFixed(3)}`;
    const share = best > 0 ? `${percent} % of the best score` : cosine;
    tile.dataset.mark = mark;
    tile.querySelector(".badge use").setAttribute("href", `#i-${mark}`);
    tile.querySelector('[data-do="good"]').setAttribute("aria-pressed", mark === "good");
    tile.querySelector('[data-do="bad"]').setAttribute("aria-pressed", mark === "bad");
    tile.querySelector(".score").title = best > 0 ? `${share}; ${cosine}` : share;
    tile.querySelector(".score span").style.width = `${percent}%`;
    const note = tile.querySelector(".moved");
    note.hidden = !moved;
    note.textContent = moved?.text ?? "";
    note.dataset.direction = moved?.direction ?? "";
    const parts = [hit.name, share, mark !== "none" && `marked ${mark}`, moved?.spoken];
    tile.setAttribute("aria-label", parts.filter(Boolean).join(", "));
  }

  #places() {
    const inView = ({ top, bottom }) => bottom > 0 && top < innerHeight;
    const places = [...this.#tiles.values()].map((tile) => [tile, tile.getBoundingClientRect()]);
    return new Map(places.filter(([, place]) => inView(place)));
  }

  #slide(tile, place) {
    if (!tile.isConnected) return;
    const { left, top } = tile.getBoundingClientRect();
    if (left === place.left && top === place.top) return;
    const start = `translate(${place.left - left}px, ${place.top - top}px)`;
    tile.animate({ transform: [start, "none"], zIndex: [1, 1] }, { duration: 420, easing: "cubic-bezier(.2,.8,.2,1)" });
  }

  #makeTabStop(tile) {
    if (!tile) return;
    for (const other of this.#row.querySelectorAll('[tabindex="0"]')) other.tabIndex = -1;
    tile.tabIndex = 0;
  }

  #hitOf(tile) {
    return this.hits.find(({ id }) => id === tile?.dataset.id);
  }

  #click(event) {
    const hit = this.#hitOf(event.target.closest(".tile"));
    if (!hit) return;
    // A finger opens what it touches, as in every photo app; its marks are the buttons that are always there.
    const what = event.target.closest("[data-do]")?.dataset.do ?? (isTouch.matches ? "open" : "good");
    this.act(what === this.#marks.get(hit.id) ? "none" : what, hit, this);
  }

  #keydown(event) {
    const tile = event.target.closest(".tile");
    if (event.ctrlKey || event.metaKey || event.altKey || !tile) return;
    const index = [...this.#row.children].indexOf(tile);
    const columns = getComputedStyle(this.element).gridTemplateColumns.split(" ").length;
    const steps = { ArrowLeft: -1, ArrowRight: 1, ArrowUp: -columns, ArrowDown: columns, Home: -index, End: this.hits.length };
    if (event.key in steps) this.focus(event.key === "ArrowUp" && index < columns ? index : index + steps[event.key]);
    else if (event.key in keys) this.act(keys[event.key], this.#hitOf(tile), this);
    else return;
    event.preventDefault();
  }
}
