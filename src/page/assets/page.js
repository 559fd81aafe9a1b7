// Enhances the pages, which also work without it.

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

// A check box for the whole page.
const list = document.querySelector(".list");
const bar = document.querySelector(".bar");
if (list && bar) {
  const ticks = [...list.querySelectorAll("input[name=id]")];
  const all = document.createElement("input");
  all.type = "checkbox";
  const label = document.createElement("label");
  label.append(all, " ", list.dataset.all);
  bar.prepend(label);
  all.addEventListener("change", () => ticks.forEach((tick) => { tick.checked = all.checked; }));
  list.addEventListener("change", () => {
    const count = ticks.filter((tick) => tick.checked).length;
    all.checked = count === ticks.length;
    all.indeterminate = count > 0 && count < ticks.length;
  });
}

// Omits empty fields from addresses, and shows a note while the answer loads.
const filters = document.querySelector(".filters");
if (filters) {
  const fields = [...filters.elements].filter((field) => field.name);
  filters.addEventListener("submit", () => {
    for (const field of fields) field.disabled = field.value === "" || (field.name === "sort" && field.value === "created_at:desc");
    const apply = filters.querySelector("button");
    apply.dataset.word = apply.textContent;
    apply.textContent = filters.dataset.loading;
    document.querySelector("main").setAttribute("aria-busy", "true");
  });
  // The page may be restored as it was.
  addEventListener("pageshow", (event) => {
    if (!event.persisted) return;
    for (const field of fields) field.disabled = false;
    const apply = filters.querySelector("button");
    apply.textContent = apply.dataset.word ?? apply.textContent;
    document.querySelector("main").removeAttribute("aria-busy");
  });
}

// A reloaded or bookmarked page must not report the deletion again.
const address = new URL(location.href);
if (address.searchParams.has("deleted")) {
  address.searchParams.delete("deleted");
  history.replaceState(history.state, "", address);
}

// A message that is displayed counts as read. A prerendered page is not displayed yet.
const unread = document.querySelector(".detail .unread");
if (unread) {
  const mark = async () => {
    if (document.hidden) return;
    document.removeEventListener("visibilitychange", mark);
    const { csrf, id } = unread.elements;
    try {
      const answer = await fetch(unread.action, {
        method: "PUT",
        headers: { "Content-Type": "application/json", "X-CSRF-Token": csrf.value },
        body: JSON.stringify({ read: { messages: [id.value] } }),
      });
      if (answer.ok) unread.hidden = true;
    } catch {
      // Offline; the button remains.
    }
  };
  document.addEventListener("visibilitychange", mark);
  mark();
}

// Announces new messages above the list, which itself does not change. The stream only signals that there are new ones; the
// server counts how many of them this list would show. Without a stream, the count is polled.
const news = document.getElementById("news");
if (news) {
  let stream = null;
  let waiting = 0;
  let asked = 0;
  let isOver = false;
  const say = (text, href) => {
    if (news.textContent === text) return;
    const link = document.createElement("a");
    link.href = href;
    link.textContent = text;
    news.replaceChildren(link);
  };
  // Without the session there is nothing more to receive. The page's own address leads to the sign-in page, or to the
  // switch of project, and back.
  const end = (text) => {
    isOver = true;
    stream?.close();
    say(text, location.pathname + location.search);
  };
  const ask = async () => {
    waiting = 0;
    if (isOver) return;
    asked = Date.now();
    try {
      const answer = await fetch(news.dataset.news, { headers: { Accept: "application/json" } });
      if (answer.status === 401) { end(news.dataset.over); return; }
      if (answer.status === 400) { end(news.dataset.elsewhere); return; }
      if (!answer.ok) return;
      const { count, text } = await answer.json();
      if (count > 0 && !isOver) say(text, news.dataset.list);
    } catch {
      // Offline; the next poll tries again.
    }
  };
  const soon = () => { waiting ||= setTimeout(ask, 300); };
  const listen = () => {
    if (isOver || (stream && stream.readyState !== EventSource.CLOSED)) return;
    stream = new EventSource(news.dataset.stream);
    stream.addEventListener("message", soon);
    // The stream does not repeat what happened before it opened.
    stream.addEventListener("open", soon);
    // A rejected stream does not say why; the count does.
    stream.addEventListener("error", () => { if (stream.readyState === EventSource.CLOSED) soon(); });
  };
  const wake = () => { listen(); ask(); };
  // A hidden page holds no connection: browsers limit them per server.
  document.addEventListener("visibilitychange", () => {
    if (!document.hidden) { wake(); return; }
    stream?.close();
    clearTimeout(waiting);
    waiting = 0;
  });
  addEventListener("online", wake);
  addEventListener("pageshow", (event) => { if (event.persisted) wake(); });
  addEventListener("pagehide", () => stream?.close());
  // A proxy may buffer the stream, so poll once a minute in any case.
  setInterval(() => {
    if (document.hidden) return;
    const isOpen = stream?.readyState === EventSource.OPEN;
    if (Date.now() - asked >= (isOpen ? 60000 : 10000)) ask();
    if (!isOpen) listen();
  }, 10000);
  if (!document.hidden) listen();
}
