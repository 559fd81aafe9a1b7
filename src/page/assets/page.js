// Enhances the pages, which also work without it.

// What is forbidden, such as storage, is done without.
const attempt = (action) => {
  try {
    return action();
  } catch {
    return null;
  }
};

// Screen readers announce what appears after the page was loaded.
for (const said of document.querySelectorAll(".notice[role=status], .notice [role=status]")) {
  const text = said.textContent;
  said.textContent = "";
  setTimeout(() => { said.textContent = text; }, 200);
}

const button = (text) => {
  const made = document.createElement("button");
  made.type = "button";
  made.className = "copying";
  made.textContent = text;
  return made;
};

// A button after each request id, which copies it.
for (const [index, id] of document.querySelectorAll("code.copy").entries()) {
  const words = id.closest("[data-copy]").dataset;
  const copy = button(words.copy);
  copy.addEventListener("click", async () => {
    try {
      await navigator.clipboard.writeText(id.textContent);
    } catch {
      // Without permission to copy, or over plain HTTP, the id is at least selected for copying by hand.
      getSelection().selectAllChildren(id);
      if (!document.execCommand("copy")) return;
    }
    copy.textContent = words.copied;
    setTimeout(() => { copy.textContent = words.copy; }, 2000);
  });
  // Names the id, for screen readers.
  id.id = `copied-${index}`;
  copy.setAttribute("aria-describedby", id.id);
  // Announced when it changes.
  copy.setAttribute("aria-live", "polite");
  id.after(" ", copy);
}

// A reloaded or bookmarked page must not report the last change again.
const address = new URL(location.href);
const reported = ["deleted", "marked", "extent", "change", "undo"].filter((name) => address.searchParams.has(name));
if (reported.length > 0) {
  for (const name of reported) address.searchParams.delete(name);
  history.replaceState(history.state, "", address);
}

// A choice applies at once, except by keyboard, where each arrow makes one. Empty fields are omitted from addresses, and a note shows while the answer loads.
const filters = document.querySelector(".filters");
if (filters) {
  const fields = () => [...filters.elements].filter((field) => field.name);
  const apply = filters.querySelector(".find button, .do button");
  let isTyped = false;
  filters.addEventListener("pointerdown", () => { isTyped = false; });
  filters.addEventListener("keydown", ({ key, target }) => {
    isTyped = true;
    if (key === "Enter" && target.matches("select")) filters.requestSubmit();
  });
  filters.addEventListener("change", ({ target }) => {
    if (target.matches("select") && !isTyped) filters.requestSubmit();
  });
  filters.addEventListener("submit", () => {
    for (const field of fields()) field.disabled = field.value === "" || (field.name === "sort" && field.value === "created_at:desc");
    apply.dataset.word = apply.textContent;
    apply.textContent = filters.dataset.loading;
    document.querySelector("main").setAttribute("aria-busy", "true");
  });
  // The page may be restored as it was.
  addEventListener("pageshow", (event) => {
    if (!event.persisted) return;
    for (const field of fields()) field.disabled = false;
    apply.textContent = apply.dataset.word ?? apply.textContent;
    document.querySelector("main").removeAttribute("aria-busy");
  });
}
