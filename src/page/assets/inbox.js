// The list and the open message: selecting, marking as read, keys.

// The form of the open message, as its state is now; hidden without a message.
const showOpen = (state) => {
  const form = document.querySelector(".detail form");
  if (!form) return;
  form.hidden = !state;
  const isShown = { done: state !== "done", undone: state === "done", read: state === "unread", unread: state !== "unread" };
  for (const button of form.querySelectorAll("[name=change]")) button.hidden = !isShown[button.value];
};

{
  const list = document.querySelector(".list");
  const bar = document.querySelector(".rows .bar");
  const rows = list ? [...list.children] : [];
  const tickOf = (row) => row.querySelector("input[name=id]");

  // A check box for the whole page, without rows that are gone.
  if (bar) {
    const ticks = () => rows.map(tickOf).filter((tick) => tick && !tick.disabled);
    const all = document.createElement("input");
    all.type = "checkbox";
    const label = document.createElement("label");
    const said = document.createElement("span");
    said.textContent = list.dataset.all;
    label.append(all, " ", said);
    bar.prepend(label);
    all.addEventListener("change", () => ticks().forEach((tick) => { tick.checked = all.checked; }));
    list.addEventListener("change", () => {
      const count = ticks().filter((tick) => tick.checked).length;
      all.checked = count > 0 && count === ticks().length;
      all.indeterminate = count > 0 && !all.checked;
    });
  }

  // The row of the open message is in sight, without the page moving.
  list?.querySelector("[aria-current]")?.scrollIntoView({ block: "nearest", behavior: "instant" });

  // A message that is displayed counts as read, with its repeats. A prerendered page is not displayed yet.
  const unread = document.querySelector(".detail form[data-unread]");
  if (unread) {
    const mark = async () => {
      if (document.hidden) return;
      document.removeEventListener("visibilitychange", mark);
      const body = new URLSearchParams(new FormData(unread));
      body.set("change", "read");
      try {
        // The list, to which the answer leads, is not needed.
        const answer = await fetch(unread.action, { method: "POST", headers: { Accept: "text/html" }, body, redirect: "manual" });
        if (answer.type === "opaqueredirect") showOpen("read");
      } catch {
        // Offline; the button remains.
      }
    };
    document.addEventListener("visibilitychange", mark);
    mark();
  }

  // Keys. They act only while nothing that takes text has the focus, and can be switched off.
  const dialog = document.querySelector("dialog.keys");
  if (dialog) {
    const isOn = dialog.querySelector("input");
    const kept = "tidings:keys";
    isOn.checked = attempt(() => localStorage.getItem(kept)) !== "off";
    isOn.addEventListener("change", () => attempt(() => localStorage.setItem(kept, isOn.checked ? "on" : "off")));
    const help = document.querySelector("p.keys");
    help.hidden = false;
    help.firstElementChild.addEventListener("click", () => dialog.showModal());

    // After a change the page loads again; the keys go on from the same row.
    const place = "tidings:row";
    const shown = () => rows.filter((row) => !row.hidden);
    const link = (row) => row?.querySelector("h2 a");
    const focused = () => document.activeElement.closest?.(".list > li");
    const current = () => focused() ?? list?.querySelector("[aria-current]");
    // On narrow screens the list is not displayed beside an open message.
    const isDisplayed = (element) => element?.getClientRects().length > 0;
    const step = (by) => {
      const at = shown().indexOf(current());
      const row = shown()[at < 0 ? 0 : Math.min(Math.max(at + by, 0), shown().length - 1)];
      if (isDisplayed(row)) link(row).focus();
      else if (row !== current()) link(row)?.click();
    };
    // What changes: the row that has the focus, otherwise the open message, which may not be in the list.
    const press = (inRow, inOpen) => {
      const row = focused();
      const button = row ? inRow(row) : document.querySelector(inOpen.map((word) => `.detail [value=${word}]:not([hidden])`).join());
      const at = shown().indexOf(current());
      if (at >= 0) attempt(() => sessionStorage.setItem(place, String(at)));
      button?.click();
    };
    const only = (row) => {
      if (!tickOf(row)) return null;
      for (const other of rows) tickOf(other).checked = other === row;
      return bar?.querySelector("[value=unread]");
    };
    const search = () => {
      const text = document.getElementById("text");
      if (isDisplayed(text)) text.focus();
      else location.assign(`${document.querySelector(".back").href}#text`);
    };
    const keys = {
      j: () => step(1),
      k: () => step(-1),
      o: () => link(current())?.click(),
      x: () => { const row = current(); if (row) tickOf(row)?.click(); },
      e: () => press((row) => row.querySelector("button"), ["done", "undone"]),
      u: () => press(only, ["unread"]),
      "/": search,
      "?": () => dialog.showModal(),
      Escape: () => document.querySelector(".back")?.click(),
    };
    const at = attempt(() => sessionStorage.getItem(place));
    attempt(() => sessionStorage.removeItem(place));
    if (at !== null) link(shown()[Math.min(Number(at), shown().length - 1)])?.focus();
    addEventListener("keydown", (event) => {
      const { key, target } = event;
      if (!isOn.checked || event.ctrlKey || event.metaKey || event.altKey || event.isComposing || dialog.open) return;
      const takesText = target.matches?.("input:not([type=checkbox]), select, textarea");
      if (takesText) {
        if (key === "Escape") target.blur();
        return;
      }
      if (!Object.hasOwn(keys, key)) return;
      event.preventDefault();
      keys[key]();
    });
  }
}
