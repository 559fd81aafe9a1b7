// What the pages cannot do by themselves. Without it everything else works.

const button = (text) => {
  const made = document.createElement("button");
  made.type = "button";
  made.className = "copying";
  made.textContent = text;
  return made;
};

// A button behind each request id, which copies it.
for (const [index, id] of document.querySelectorAll("code.copy").entries()) {
  const words = id.closest("[data-copy]").dataset;
  const copy = button(words.copy);
  copy.addEventListener("click", async () => {
    try {
      await navigator.clipboard.writeText(id.textContent);
    } catch {
      // Without the right to copy, or a safe address, the id is at least ready to be copied by hand.
      getSelection().selectAllChildren(id);
      if (!document.execCommand("copy")) return;
    }
    copy.textContent = words.copied;
    setTimeout(() => { copy.textContent = words.copy; }, 2000);
  });
  // Which one it copies, for those who come to the button alone.
  id.id = `copied-${index}`;
  copy.setAttribute("aria-describedby", id.id);
  // Read out when it changes.
  copy.setAttribute("aria-live", "polite");
  id.after(" ", copy);
}

// A tick for all of the page.
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

// Addresses without empty fields, and a word while the answer is awaited.
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
  // The page may come back as it was left.
  addEventListener("pageshow", (event) => {
    if (!event.persisted) return;
    for (const field of fields) field.disabled = false;
    const apply = filters.querySelector("button");
    apply.textContent = apply.dataset.word ?? apply.textContent;
    document.querySelector("main").removeAttribute("aria-busy");
  });
}

// What was deleted just now was not when the page is loaded again, or kept as a bookmark.
const address = new URL(location.href);
if (address.searchParams.has("deleted")) {
  address.searchParams.delete("deleted");
  history.replaceState(history.state, "", address);
}

// Times go on while the page is read.
const units = [["day", 86400], ["hour", 3600], ["minute", 60]];
const relative = new Intl.RelativeTimeFormat(document.documentElement.lang);
const opened = Date.now();
setInterval(() => {
  if (Date.now() - opened < 60000) return;
  for (const time of document.querySelectorAll("time + .at")) {
    const shown = time.previousElementSibling;
    const seconds = (Date.now() - Date.parse(shown.dateTime)) / 1000;
    const unit = units.find(([, size]) => seconds >= size);
    if (unit && seconds < 30 * 86400) shown.textContent = relative.format(-Math.floor(seconds / unit[1]), unit[0]);
  }
}, 60000);

// Whoever sees a message has read it. A page that is prepared before it is asked for is not seen.
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
      // Offline; the button is still there.
    }
  };
  document.addEventListener("visibilitychange", mark);
  mark();
}

// New messages are announced above the list, which stays as it is. The stream only says that something is new; how many
// of them this list would show, the server counts. Where there is no stream the count is asked for now and then.
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
  // Without the session there is nothing more to hear. The page's own address leads to the sign-in, or to the switch of
  // project, and back.
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
      // Offline; the next turn asks again.
    }
  };
  const soon = () => { waiting ||= setTimeout(ask, 300); };
  const listen = () => {
    if (isOver || (stream && stream.readyState !== EventSource.CLOSED)) return;
    stream = new EventSource(news.dataset.stream);
    stream.addEventListener("message", soon);
    // What came before it was open was not said.
    stream.addEventListener("open", soon);
    // A stream that is refused does not say why; the count does.
    stream.addEventListener("error", () => { if (stream.readyState === EventSource.CLOSED) soon(); });
  };
  const wake = () => { listen(); ask(); };
  // A hidden page holds no connection: a browser has few for one server.
  document.addEventListener("visibilitychange", () => {
    if (!document.hidden) { wake(); return; }
    stream?.close();
    clearTimeout(waiting);
    waiting = 0;
  });
  addEventListener("online", wake);
  addEventListener("pageshow", (event) => { if (event.persisted) wake(); });
  addEventListener("pagehide", () => stream?.close());
  // A proxy may keep what the stream says, so even with one there is a look each minute.
  setInterval(() => {
    if (document.hidden) return;
    const isOpen = stream?.readyState === EventSource.OPEN;
    if (Date.now() - asked >= (isOpen ? 60000 : 10000)) ask();
    if (!isOpen) listen();
  }, 10000);
  if (!document.hidden) listen();
}
