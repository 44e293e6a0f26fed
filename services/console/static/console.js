// Makes the pages live. Everything works without it, a page load later.
"use strict";

const page = document.body;
const watched = JSON.parse(page.dataset.watch || "[]");
const find = (selector, within = document) => within.querySelector(selector);
const all = (selector, within = document) => [...within.querySelectorAll(selector)];

// Times, in the reader's own zone.

const FORMS = {
  full: new Intl.DateTimeFormat(undefined, { day: "numeric", month: "short", hour: "2-digit", minute: "2-digit" }),
  day: new Intl.DateTimeFormat(undefined, { day: "numeric", month: "short", year: "numeric" }),
  long: new Intl.DateTimeFormat(undefined, { dateStyle: "full", timeStyle: "long" }),
};
const AGO = new Intl.RelativeTimeFormat(undefined, { numeric: "auto", style: "short" });
const UNITS = [["year", 31536000], ["month", 2592000], ["day", 86400], ["hour", 3600], ["minute", 60]];

function ago(at) {
  const seconds = (at - Date.now()) / 1000;
  const [unit, size] = UNITS.find(([, size]) => Math.abs(seconds) >= size) || ["second", 1];
  return unit === "second" ? (seconds > 0 ? "in a moment" : "just now") : AGO.format(Math.trunc(seconds / size), unit);
}

function tellTimes(within = document) {
  for (const time of all("time[datetime]", within)) {
    const at = new Date(time.dateTime);
    if (Number.isNaN(at.getTime())) continue;
    time.textContent = time.dataset.form === "ago" ? ago(at) : FORMS[time.dataset.form || "full"].format(at);
    time.title = FORMS.long.format(at);
  }
}

// Fragments: parts of a page that are asked for anew.

async function fetchFragment(address, name) {
  const answer = await fetch(address, { headers: { "x-fragment": name, accept: "text/html" } });
  if (answer.redirected && new URL(answer.url).pathname === "/sign-in") return signInAgain();
  if (answer.status >= 500) throw new Error(`The console answered ${answer.status}`);
  return answer.ok && answer.headers.get("content-type").startsWith("text/html") ? answer.text() : null;
}

function signInAgain() {
  location.reload();
  return null;
}

function isBusy(region) {
  const active = document.activeElement;
  return region.contains(active) && active.matches("input:not([type=checkbox]), textarea, select");
}

function replace(region, html) {
  if (html === null || region.dataset.was === html || isBusy(region)) return;
  const rows = new Set(all("[data-row]", region).map((row) => row.dataset.row));
  const open = all("details[id]", region).map((details) => [details.id, details.open]);
  const picked = new Set(all("input[type=checkbox]:checked[id]", region).map((box) => box.id));
  const focused = region.contains(document.activeElement) ? document.activeElement.getAttribute("href") || document.activeElement.id : null;
  region.innerHTML = html;
  region.dataset.was = html;
  for (const [id, isOpen] of open) if (document.getElementById(id)) document.getElementById(id).open = isOpen;
  for (const box of all("input[type=checkbox][id]", region)) box.checked = picked.has(box.id);
  for (const row of all("[data-row]", region)) if (rows.size && !rows.has(row.dataset.row)) row.classList.add("fresh");
  if (focused) all("a[href], [id]", region).find((one) => one.getAttribute("href") === focused || one.id === focused)?.focus();
  tellTimes(region);
}

// Whether what is shown is what there is; while the server is away, what was shown stays.
async function refresh(region) {
  const lazy = region.dataset.lazy;
  try {
    replace(region, await fetchFragment(lazy || location.href, lazy ? "part" : region.dataset.fragment));
    return true;
  } catch {
    return false;
  }
}

// At most one round a second, and none while nobody looks at the page. One that failed is followed by another.

let waiting = false;
let stale = false;

function refreshSoon(delay = 0) {
  if (document.hidden) {
    stale = true;
    return;
  }
  if (waiting) return;
  waiting = true;
  setTimeout(async () => {
    const failed = (await Promise.all(all("[data-fragment]").map(refresh))).includes(false);
    setTimeout(() => { waiting = false; if (failed || stale) { stale = false; refreshSoon(); } }, failed ? 2000 : 1000);
  }, delay);
}

document.addEventListener("visibilitychange", () => {
  if (!document.hidden && stale) { stale = false; refreshSoon(); }
});

// The stream of what has changed.

function follow() {
  const bell = find("#bell");
  if (!bell) return;
  const asked = new URLSearchParams(watched.map((name) => ["on", name]));
  asked.set("since", page.dataset.since);
  const stream = new EventSource(`/live?${asked}`);
  const lost = find("#link");
  stream.addEventListener("ready", () => { lost.hidden = true; });
  stream.addEventListener("changed", (event) => {
    const names = JSON.parse(event.data);
    if (names.some((name) => name === "*" || name === bell.dataset.watch)) refresh(bell);
    if (names.some((name) => name !== bell.dataset.watch)) { if (waiting) stale = true; refreshSoon(); }
  });
  stream.addEventListener("error", () => {
    lost.textContent = stream.readyState === EventSource.CLOSED ? "Not live any more: load the page again" : "Connecting again…";
    setTimeout(() => { lost.hidden = stream.readyState === EventSource.OPEN; }, 1500);
  });
  addEventListener("pagehide", () => stream.close());
  addEventListener("pageshow", (event) => { if (event.persisted) location.reload(); });
}

// Forms: sent from the page, and answered in it.

function toast(text) {
  const shown = find("#toast");
  shown.textContent = text;
  shown.classList.add("shown");
  clearTimeout(toast.timer);
  toast.timer = setTimeout(() => shown.classList.remove("shown"), 5000);
}

function sentence(problem) {
  const details = (problem.violations || []).map((one) => `${one.field ? `${one.field}: ` : ""}${one.detail}`);
  const more = details.filter((detail) => !detail.endsWith(problem.detail));
  return [problem.detail || problem.title, ...more].join(" — ");
}

async function answerOf(form) {
  const sent = await fetch(form.action, { method: "POST", body: new URLSearchParams(new FormData(form)), headers: { accept: "application/json" } });
  return [sent.ok, await sent.json()];
}

async function send(form) {
  const buttons = all("button", form);
  const alert = find("[role=alert]", form);
  for (const button of buttons) button.disabled = true;
  let ok = false;
  let answer = { detail: "The console does not answer; try again in a moment" };
  try {
    [ok, answer] = await answerOf(form);
  } catch { /* said above */ }
  for (const button of buttons) button.disabled = false;
  if (!ok) {
    if (!alert) return toast(sentence(answer));
    alert.textContent = sentence(answer);
    alert.hidden = false;
    return undefined;
  }
  if (alert) alert.hidden = true;
  if ("reload" in form.dataset) return location.assign(`${answer.to}${answer.to.includes("?") ? "&" : "?"}said=${answer.word}`);
  find("#dialog").close();
  toast(answer.said);
  return refreshSoon(150);
}

async function openDialog(link) {
  const html = await fetchFragment(link.href, "form").catch(() => null);
  if (html === null) return location.assign(link.href);
  const dialog = find("#dialog");
  dialog.innerHTML = html;
  dialog.showModal();
  return find("select, input:not([type=hidden]), textarea, button", dialog)?.focus();
}

document.addEventListener("submit", (event) => {
  const form = event.target;
  if (!form.matches("[data-command]")) return;
  event.preventDefault();
  send(form);
});

document.addEventListener("click", (event) => {
  const link = event.target.closest("a, button, input");
  if (!link || event.ctrlKey || event.metaKey || event.shiftKey) return;
  if (link.matches("[data-dialog]")) { event.preventDefault(); openDialog(link); }
  if (link.matches("dialog [data-close]")) { event.preventDefault(); link.closest("dialog").close(); }
  if (link.matches("[data-help]")) find("#help").showModal();
  if (link.matches("[data-all]")) for (const box of all(`input[name="${link.dataset.all}"]`)) box.checked = link.checked;
});

document.addEventListener("change", (event) => {
  const form = event.target.closest("form[data-auto]");
  if (form && event.target.matches("select")) form.requestSubmit();
});

// Keys.

const PLACES = { o: "/", l: "/leads", p: "/pipeline", c: "/customers" };
let going = false;

function step(by) {
  const links = all(".list tbody .cover, .rows .cover, .board .cover");
  const at = links.indexOf(document.activeElement);
  links[Math.max(0, Math.min(links.length - 1, at + by))]?.focus();
}

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || event.target.matches("input:not([type=checkbox]), textarea, select") || find("dialog[open]")) return;
  const wasGoing = going;
  going = false;
  if (wasGoing && PLACES[event.key]) location.assign(PLACES[event.key]);
  else if (event.key === "g") { going = true; setTimeout(() => { going = false; }, 1500); }
  else if (event.key === "j") step(1);
  else if (event.key === "k") step(-1);
  else if (event.key === "?") find("#help").showModal();
  else if (event.key === "/") { event.preventDefault(); find("#find")?.focus(); }
});

document.addEventListener("click", (event) => {
  const me = find(".me[open]");
  if (me && !me.contains(event.target)) me.open = false;
});

tellTimes();
setInterval(tellTimes, 30000);
for (const tab of all(".tabs [aria-current]")) tab.scrollIntoView({ inline: "center", block: "nearest" });
for (const form of all("form[data-auto]")) for (const button of all(":scope > button", form)) button.hidden = true;
for (const button of all("[data-help]")) button.hidden = false;
for (const region of all("[data-lazy]")) refresh(region);
for (const region of all("[data-every]")) setInterval(() => { if (!document.hidden) refresh(region); }, Number(region.dataset.every) * 1000);
follow();
