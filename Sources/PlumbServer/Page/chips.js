import { get, request, showImage } from "./api.js";
import { toast } from "./notices.js";
import { mostTerms } from "./query.js";
import { setQuery, state } from "./search.js";

const list = document.getElementById("chips");
const template = document.getElementById("chip");
const mostBytes = 32 * 1024 * 1024;
let shown = "";

const signed = (weight) => `${weight < 0 ? "−" : "+"}${Math.abs(weight).toFixed(1)}`;

/** Draws a chip a term; while only weights change the chips stay, so that a slider is not replaced under the finger. */
export function renderChips() {
  const { terms } = state.query;
  const key = JSON.stringify(terms.map(({ text, image }) => [text, image]));
  if (key !== shown) list.replaceChildren(...terms.map(create));
  shown = key;
  terms.forEach(({ weight }, index) => {
    const chip = list.children[index];
    const slider = chip.querySelector("input");
    slider.max = Math.max(2, Math.abs(weight));
    slider.min = -slider.max;
    slider.value = weight;
    chip.querySelector("output").textContent = signed(weight);
    chip.classList.toggle("unwanted", weight < 0);
  });
}

function create(term, index) {
  const chip = template.content.firstElementChild.cloneNode(true);
  const image = chip.querySelector("img");
  const slider = chip.querySelector("input");
  const remove = chip.querySelector("button");
  const describe = (name) => {
    slider.setAttribute("aria-label", `How much ${name} matters`);
    remove.setAttribute("aria-label", (remove.title = `Remove ${name}`));
    slider.title = "How much it matters; below 0 it is not wanted";
  };
  describe(term.text ?? "the image");
  chip.querySelector(".text").textContent = term.text ?? "";
  if (term.image) {
    image.hidden = false;
    showImage(image, term.image, 160);
    if (!term.image.startsWith("u-")) get(`/api/images/${term.image}`).then(({ name }) => describe((image.title = name)));
  }
  slider.addEventListener("input", () => {
    const weight = Number(slider.value);
    setQuery({ terms: state.query.terms.map((other, place) => (place === index ? { ...other, weight } : other)) });
  });
  remove.addEventListener("click", () => setQuery({ terms: state.query.terms.filter((_, place) => place !== index) }));
  return chip;
}

/** Adds an image to the search. */
export function addImage(id) {
  const { terms } = state.query;
  if (terms.some((term) => term.image === id)) return;
  if (terms.length >= mostTerms) throw new Error(`A search has at most ${mostTerms} terms. Remove one first.`);
  setQuery({ terms: [...terms, { image: id, weight: 1 }] });
}

/** Sends image files to the server and searches with them. */
export async function addFiles(files) {
  for (const file of files) {
    if (file.size > mostBytes) throw new Error(`${file.name} has more than 32 MiB. Drop a smaller copy of it.`);
    const notice = toast(`Reading ${file.name}…`);
    const type = file.type.startsWith("image/") ? file.type : "application/octet-stream";
    try {
      const { id } = await (await request("/api/uploads", { method: "POST", body: file, type })).json();
      addImage(id);
    } finally {
      notice.remove();
    }
  }
}
