// What happens elsewhere: new messages are announced above the list, and the states of the shown ones change in it.
//
// The stream only signals that something has changed; the server counts what this list would show. Browsers limit the
// connections to a server, so only one visible window of a project has a stream, by a lease in the browser's storage, and tells the
// others. Without a stream, the count is polled.
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
  const holds = () => {
    try {
      const [holder, at] = (localStorage.getItem(lease) ?? "").split(" ");
      if (holder !== me && Date.now() - at < 6000) return false;
      localStorage.setItem(lease, `${me} ${Date.now()}`);
    } catch {
      // Storage is forbidden.
    }
    return true;
  };
  const release = () => {
    try {
      if (localStorage.getItem(lease)?.startsWith(`${me} `)) localStorage.removeItem(lease);
    } catch {
      // Storage is forbidden.
    }
  };

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

  const list = document.querySelector(".list");
  const rows = new Map([...list?.children ?? []].map((row) => [new URL(row.querySelector("h2 a").href).pathname.split("/").pop(), row]));
  const showStates = (states) => {
    const isDone = list?.dataset.state === "done";
    for (const [id, row] of rows) {
      const state = states[id];
      const isUnread = state === "unread";
      row.classList.toggle("unread", isUnread);
      const dot = row.querySelector(".new");
      if (dot) dot.hidden = !isUnread;
      else if (isUnread) {
        const made = document.createElement("b");
        made.className = "new";
        made.textContent = list.dataset.unread;
        row.querySelector("h2").before(made);
      }
      row.hidden = !state || (list.dataset.state !== "all" && (state === "done") !== isDone);
    }
  };

  const ask = async () => {
    waiting = 0;
    if (isOver) return;
    asked = Date.now();
    try {
      const ids = [...rows.keys()].map((id) => `&id=${id}`).join("");
      const answer = await fetch(news.dataset.news + ids, { headers: { Accept: "application/json" } });
      if (answer.status === 401) { end(news.dataset.over); return; }
      if (answer.status === 400) { end(news.dataset.elsewhere); return; }
      if (!answer.ok) return;
      const { count, text, unread, states } = await answer.json();
      if (isOver) return;
      if (count > 0) say(text, news.dataset.list);
      if (states) { showCount(unread); showStates(states); }
    } catch {
      // Offline; the next poll tries again.
    }
  };
  const soon = () => { waiting ||= setTimeout(ask, 300); };
  // Here and in the other windows.
  const spread = () => { channel?.postMessage("changed"); soon(); };
  const listen = () => {
    if (isOver || (stream && stream.readyState !== EventSource.CLOSED)) return;
    stream = new EventSource(source);
    stream.addEventListener("message", spread);
    stream.addEventListener("change", spread);
    // The stream does not repeat what happened before it opened.
    stream.addEventListener("open", spread);
    // A rejected stream does not say why; the count does.
    stream.addEventListener("error", () => { if (stream?.readyState === EventSource.CLOSED) soon(); });
  };
  const close = () => { stream?.close(); stream = null; };
  const beat = () => {
    if (document.hidden || isOver) return;
    if (!channel) {
      channel = new BroadcastChannel(lease);
      channel.addEventListener("message", soon);
    }
    if (holds()) listen();
    else close();
  };
  // A hidden page holds no connection.
  const sleep = () => {
    close();
    release();
    channel?.close();
    channel = null;
    clearTimeout(waiting);
    waiting = 0;
  };
  const wake = () => { beat(); ask(); };
  document.addEventListener("visibilitychange", () => { if (document.hidden) sleep(); else wake(); });
  addEventListener("online", wake);
  addEventListener("pageshow", (event) => { if (event.persisted) wake(); });
  addEventListener("pagehide", sleep);
  // Not all at once: the first one takes it.
  addEventListener("storage", ({ key, newValue }) => { if (key === lease && !newValue) setTimeout(beat, Math.random() * 1000); });
  setInterval(beat, 2000);
  // A proxy may buffer the stream, so poll once a minute in any case.
  setInterval(() => {
    if (document.hidden) return;
    const isDown = stream && stream.readyState !== EventSource.OPEN;
    if (Date.now() - asked < (isDown ? 10000 : 60000)) return;
    if (isDown) spread();
    else ask();
  }, 10000);
  beat();
}
