// The list and the open message: selecting, marking as read, keys.
{
  const list = document.querySelector(".list");
  const bar = document.querySelector(".rows .bar");
  const rows = list ? [...list.children] : [];
  const tickOf = (row) => row.querySelector("input[name=id]");

  // A check box for the whole page.
  if (bar) {
    const ticks = rows.map(tickOf).filter(Boolean);
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

  // The row of the open message is in sight, without the page moving.
  list?.querySelector("[aria-current]")?.scrollIntoView({ block: "nearest", behavior: "instant" });

  // A message that is displayed counts as read. A prerendered page is not displayed yet.
  const unread = document.querySelector(".detail form[data-unread]");
  if (unread) {
    const mark = async () => {
      if (document.hidden) return;
      document.removeEventListener("visibilitychange", mark);
      try {
        const answer = await fetch(unread.action, {
          method: "PUT",
          headers: { "Content-Type": "application/json", "X-CSRF-Token": unread.elements.csrf.value },
          body: JSON.stringify({ read: { messages: [unread.dataset.unread] } }),
        });
        if (!answer.ok) return;
        for (const button of unread.querySelectorAll("[value=read], [value=unread]")) button.hidden = button.value === "read";
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
    try {
      isOn.checked = localStorage.getItem(kept) !== "off";
      isOn.addEventListener("change", () => localStorage.setItem(kept, isOn.checked ? "on" : "off"));
    } catch {
      isOn.checked = true;
    }
    const help = document.querySelector("p.keys");
    help.hidden = false;
    help.firstElementChild.addEventListener("click", () => dialog.showModal());

    // After a change the page loads again; the keys go on from the same row.
    const place = "tidings:row";
    const shown = () => rows.filter((row) => !row.hidden);
    const link = (row) => row?.querySelector("h2 a");
    const current = () => document.activeElement.closest?.(".list > li") ?? list?.querySelector("[aria-current]");
    const focus = (row) => link(row)?.focus();
    const step = (by) => {
      const at = shown().indexOf(current());
      focus(shown()[at < 0 ? 0 : Math.min(Math.max(at + by, 0), shown().length - 1)]);
    };
    const change = (press) => {
      const row = current();
      if (!row) return;
      sessionStorage.setItem(place, String(shown().indexOf(row)));
      press(row);
    };
    const tickOnly = (row, word) => {
      const button = bar?.querySelector(`[value=${word}]`);
      if (!button || !tickOf(row)) return;
      for (const other of rows) tickOf(other).checked = other === row;
      button.click();
    };
    const keys = {
      j: () => step(1),
      k: () => step(-1),
      o: () => link(current())?.click(),
      x: () => { const row = current(); if (row) tickOf(row)?.click(); },
      e: () => change((row) => row.querySelector("button")?.click()),
      u: () => change((row) => tickOnly(row, "unread")),
      "/": () => document.getElementById("text")?.focus(),
      "?": () => dialog.showModal(),
      Escape: () => document.querySelector(".back")?.click(),
    };
    const at = sessionStorage.getItem(place);
    sessionStorage.removeItem(place);
    if (at !== null) focus(shown()[Math.min(Number(at), shown().length - 1)]);
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
