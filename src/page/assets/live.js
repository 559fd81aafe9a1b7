// What happens elsewhere: new messages are announced above the list, and the states of the shown ones change in it.
//
// The stream only signals that something has changed; the server counts what this list would show. Browsers limit the
// connections to a server, so only one visible window of a project has a stream, by a lease in the browser's storage, and tells the
// others, hidden ones too. Without a stream, the count is polled.
const news = document.getElementById("news");
if (news) {
  const { stream: source } = news.dataset;
  const lease = `tidings:${source}`;
  const me = Math.random().toString(36).slice(2);
  let channel = null;
  let stream = null;
  let waiting = 0;
  let asked = 0;
  let isOver = false;

  // A lease ends after three beats. Without storage, every window has a stream.
  const holds = () => attempt(() => {
    const [holder, at] = (localStorage.getItem(lease) ?? "").split(" ");
    if (holder !== me && Date.now() - at < 6000) return false;
    localStorage.setItem(lease, `${me} ${Date.now()}`);
    // Of several windows that take it at once, the last one has it.
    if (holder !== me) setTimeout(beat, 300);
    return holder === me;
  }) ?? true;
  const release = () => attempt(() => {
    if (localStorage.getItem(lease)?.startsWith(`${me} `)) localStorage.removeItem(lease);
  });

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
    sleep();
    say(text, location.pathname + location.search);
  };

  const icon = document.querySelector("link[rel=icon]");
  const plain = icon.getAttribute("href");
  const showCount = (count) => {
    const title = document.title.replace(/^\(\d+\+?\) /, "");
    document.title = count ? `(${count}) ${title}` : title;
    icon.href = count ? plain.replace(".svg", `-${Math.min(parseInt(count, 10), 10)}.svg`) : plain;
  };
  showCount(document.title.match(/^\((\d+\+?)\) /)?.[1]);

  // A row is asked for by what its check box selects: a message, or a group of repeats.
  const list = document.querySelector(".list");
  const rows = new Map([...list?.children ?? []].map((row) => [row.querySelector("input[name=id]")?.value, row]));
  const open = document.querySelector(".detail form")?.elements;
  const ids = new URLSearchParams([...rows.keys()].filter(Boolean).map((id) => ["id", id]));
  // It may not be among the rows, and then their filters do not apply to it.
  if (open?.alone) ids.append("open", open.id.value);

  const showRow = (row, state) => {
    const isUnread = state === "unread";
    const isDone = state === "done";
    row.classList.toggle("unread", isUnread);
    const dot = row.querySelector(".new");
    if (dot) dot.hidden = !isUnread;
    else if (isUnread) {
      const made = document.createElement("b");
      made.className = "new";
      made.textContent = list.dataset.unread;
      row.querySelector("h2").before(made);
    }
    const done = row.querySelector("i.done");
    if (done) done.hidden = !isDone;
    const change = row.querySelector("button");
    if (change && state) {
      change.name = isDone ? "undone" : "done";
      change.textContent = isDone ? "↩" : "✓";
      change.setAttribute("aria-labelledby", `${change.name} ${row.querySelector("h2").id}`);
    }
    row.hidden = !state || (list.dataset.state !== "all" && isDone !== (list.dataset.state === "done"));
    // What is not seen is not selected.
    const tick = row.querySelector("input[name=id]");
    if (row.hidden) tick.checked = false;
    tick.disabled = row.hidden;
  };
  const showStates = (states) => {
    if (open) showOpen(states[open.id.value]);
    if (!list) return;
    const all = [...list.children];
    const at = all.indexOf(document.activeElement.closest(".list > li"));
    for (const [id, row] of rows) showRow(row, states[id]);
    list.dispatchEvent(new Event("change"));
    const isEmpty = all.every((row) => row.hidden) && !document.querySelector("[rel=next]");
    const form = list.closest("form");
    form.hidden = isEmpty;
    form.previousElementSibling.hidden = !isEmpty;
    document.querySelector(".whole")?.toggleAttribute("hidden", isEmpty);
    // The focus goes on to the next row.
    if (!all[at]?.hidden) return;
    const next = all.slice(at).find((row) => !row.hidden) ?? all.findLast((row) => !row.hidden);
    (next?.querySelector("h2 a") ?? document.getElementById("main")).focus();
  };

  const ask = async () => {
    waiting = 0;
    if (isOver) return;
    asked = Date.now();
    try {
      const answer = await fetch(`${news.dataset.news}&${ids}`, { headers: { Accept: "application/json" } });
      if (answer.status === 401) { end(news.dataset.over); return; }
      if (answer.status === 400) { end(news.dataset.elsewhere); return; }
      if (!answer.ok) return;
      const { count, text, unread, states } = await answer.json();
      if (isOver) return;
      if (count > 0) say(text, news.dataset.list);
      if (unread !== null) showCount(unread);
      if (states) showStates(states);
    } catch {
      // Offline; the next poll tries again.
    }
  };
  const soon = () => { waiting ||= setTimeout(ask, 300); };
  // Here and in the other windows.
  const spread = () => { channel?.postMessage("changed"); soon(); };

  // A stream that is refused is asked for again after ten seconds, and then after twice as long, up to five minutes.
  const shortest = 10000;
  let pause = shortest;
  let next = 0;
  const listen = () => {
    if (isOver || Date.now() < next || (stream && stream.readyState !== EventSource.CLOSED)) return;
    next = Date.now() + pause * (0.75 + Math.random() / 2);
    pause = Math.min(2 * pause, 300000);
    stream = new EventSource(source);
    stream.addEventListener("message", spread);
    stream.addEventListener("change", spread);
    // The stream does not repeat what happened before it opened.
    stream.addEventListener("open", () => { pause = shortest; next = 0; spread(); });
    // A rejected stream does not say why; the count does.
    stream.addEventListener("error", () => { if (stream?.readyState === EventSource.CLOSED) soon(); });
  };
  const close = () => {
    if (stream && stream.readyState !== EventSource.CLOSED) next = 0;
    stream?.close();
    stream = null;
  };
  const beat = () => {
    if (isOver) return;
    if (!channel) {
      channel = new BroadcastChannel(lease);
      channel.addEventListener("message", soon);
    }
    if (document.hidden) return;
    if (holds()) listen();
    else close();
  };
  // A hidden page has no stream, but learns from others what they learn.
  const rest = () => { close(); release(); };
  const sleep = () => {
    rest();
    channel?.close();
    channel = null;
    clearTimeout(waiting);
    waiting = 0;
  };
  const wake = () => { beat(); ask(); };
  document.addEventListener("visibilitychange", () => { if (document.hidden) rest(); else wake(); });
  addEventListener("online", wake);
  addEventListener("pageshow", (event) => { if (event.persisted) wake(); });
  addEventListener("pagehide", sleep);
  // Not all at once: the first one takes it.
  addEventListener("storage", ({ key, newValue }) => { if (key === lease && !newValue) setTimeout(beat, Math.random() * 1000); });
  setInterval(beat, 2000);
  // A proxy may buffer the stream, and hidden pages have none, so poll once a minute in any case.
  setInterval(() => {
    const isDown = stream && stream.readyState !== EventSource.OPEN;
    if (Date.now() - asked < (isDown ? 10000 : 60000)) return;
    if (isDown) spread();
    else ask();
  }, 10000);
  beat();
}
