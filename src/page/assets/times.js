// Times in the reader's zone. Before the rest of the script, which reads the fields of forms.
{
  const language = document.documentElement.lang;
  const { timeZone } = new Intl.DateTimeFormat().resolvedOptions();
  const local = new Intl.DateTimeFormat(language, { dateStyle: "medium", timeStyle: "short" });
  const brief = new Intl.DateTimeFormat(language, { month: "short", day: "numeric", hour: "2-digit", minute: "2-digit" });
  const relative = new Intl.RelativeTimeFormat(language);
  const units = [["day", 86400], ["hour", 3600], ["minute", 60]];
  const put = (element, key, text) => { if (element[key] !== text) element[key] = text; };

  // A time is either exact, as the server writes it in UTC, or relative. An exact one may stand after a relative one.
  const show = () => {
    for (const time of document.querySelectorAll("time[datetime*=T]")) {
      const at = new Date(time.dateTime);
      if (Number.isNaN(at.getTime())) continue;
      const utc = `${time.dateTime.slice(0, 19).replace("T", " ")} UTC`;
      const exact = time.nextElementSibling?.matches(".at") ? time.nextElementSibling : null;
      put(time, "title", utc);
      if (exact) {
        put(exact, "title", utc);
        put(exact, "textContent", local.format(at));
      }
      if (time.textContent.endsWith("UTC") || time.dataset.exact !== undefined) {
        time.dataset.exact = "";
        put(time, "textContent", local.format(at));
        continue;
      }
      const seconds = (Date.now() - at) / 1000;
      const unit = units.find(([, size]) => seconds >= size);
      if (unit && seconds < 30 * 86400) put(time, "textContent", relative.format(-Math.floor(seconds / unit[1]), unit[0]));
    }
    for (const text of document.querySelectorAll("text[data-time*=T]")) put(text, "textContent", brief.format(new Date(text.dataset.time)));
  };
  show();
  setInterval(show, 10000);
  document.addEventListener("visibilitychange", () => { if (!document.hidden) show(); });
  // Parts that the script adds later.
  new MutationObserver(show).observe(document.getElementById("main"), { childList: true, subtree: true });

  // Fields take local times and name the zone; the form sends UTC in a hidden field.
  const pad = (number) => String(number).padStart(2, "0");
  const inField = (at) => {
    const date = `${at.getFullYear()}-${pad(at.getMonth() + 1)}-${pad(at.getDate())}`;
    const seconds = at.getSeconds() ? `:${pad(at.getSeconds())}` : "";
    return `${date}T${pad(at.getHours())}:${pad(at.getMinutes())}${seconds}`;
  };
  for (const field of document.querySelectorAll("input[type=datetime-local][name]")) {
    const sent = document.createElement("input");
    sent.type = "hidden";
    sent.name = field.name;
    // Not the value: that may be what was typed, which browsers restore when a reader comes back, before or after this.
    sent.value = field.defaultValue;
    field.removeAttribute("name");
    field.value = sent.value && inField(new Date(`${sent.value}Z`));
    const follow = () => {
      const at = new Date(field.value);
      sent.value = Number.isNaN(at.getTime()) ? "" : at.toISOString().slice(0, 19);
    };
    field.addEventListener("input", follow);
    addEventListener("pageshow", follow);
    field.after(sent);
    for (const label of field.labels) label.textContent = label.textContent.replace("UTC", timeZone);
  }
}
