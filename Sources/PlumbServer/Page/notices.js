const element = (id) => document.getElementById(id);

/** Shows a sentence for a while, and returns what shows it; an error stays longer and is read out at once. */
export function toast(text, { isError = false, action, run } = {}) {
  const notice = document.createElement("div");
  notice.className = isError ? "toast error" : "toast";
  notice.setAttribute("role", isError ? "alert" : "status");
  const sentence = document.createElement("span");
  sentence.textContent = text;
  const button = document.createElement("button");
  button.textContent = action ?? "Close";
  button.addEventListener("click", () => {
    notice.remove();
    run?.();
  });
  notice.append(sentence, button);
  for (const old of element("toasts").children) if (old.firstChild.textContent === text) old.remove();
  // A modal dialog makes all that is outside it inert.
  const dialog = [...document.querySelectorAll("dialog[open]")].at(-1);
  (dialog ?? document.body).append(element("toasts"));
  element("toasts").append(notice);
  setTimeout(() => notice.remove(), isError ? 12000 : 6000);
  return notice;
}

/** Asks in a dialog; without a label it only asks for consent. Resolves to the text, or to null if it is cancelled. */
export function ask({ title, text = "", label, value = "", type = "text", button }) {
  const dialog = element("ask");
  const input = element("ask-input");
  element("ask-title").textContent = title;
  element("ask-text").textContent = text;
  element("ask-label").hidden = input.disabled = !label;
  element("ask-name").textContent = label ?? "";
  element("ask-button").textContent = button;
  input.type = type;
  input.value = value;
  dialog.returnValue = "";
  dialog.showModal();
  input.select();
  return new Promise((resolve) => {
    dialog.addEventListener("close", () => resolve(dialog.returnValue === "yes" ? input.value.trim() : null), { once: true });
  });
}

element("ask-form").addEventListener("submit", (event) => {
  event.preventDefault();
  element("ask").close("yes");
});

// Every failure ends here, so that none stays silent. A lost connection has its banner, an aborted request needs no word.
addEventListener("unhandledrejection", (event) => {
  event.preventDefault();
  const { name, message } = event.reason;
  if (name !== "AbortError" && name !== "ConnectionLost") toast(message, { isError: true });
});
