"use strict";

// Polls the sandbox's data every second while the page is visible, and shows it. Everything that comes from the
// sandbox is set as text, never as markup.

const INTERVAL_MS = 1000;
const METADATA_LENGTH = 200;
const offsets = { checkpoints: 0, runs: 0, sessions: 0 };
const search = document.getElementById("search");
const owner = document.getElementById("owner");
const details = document.getElementById("details");
const shown = new Map();
let paused = false;
let asking = false;
let timer;
// The sandbox's clock may be ahead of this machine's.
let aheadMs = 0;

const numbers = new Intl.NumberFormat("en");

const columns = {
  requests: [
    ["Method", (r) => code(r.method)],
    ["Path", (r) => code(r.target)],
    ["Status", (r) => badge(r.status ?? "no response", statusTone(r.status))],
    ["Took", (r) => `${r.milliseconds.toFixed(1)} ms`, "number"],
    ["User", (r) => r.user],
    ["When", (r) => moment(r.came * 1000, false)],
  ],
  checkpoints: [
    ["Path", (c) => detailsButton(c.path, c)],
    ["Kind", (c) => c.kind],
    ["Size", (c) => size(c.size_bytes), "number"],
    ["Access", (c) => (c.public ? badge("public", "good") : "private")],
    ["Expires", (c) => (c.expires === null ? "never" : moment(Date.parse(c.expires)))],
    ["Owner", (c) => c.owner],
    ["Saved", (c) => moment(Date.parse(c.created))],
  ],
  runs: [
    ["Run", (r) => detailsButton(r.run_id, r)],
    ["Model", (r) => model(r)],
    ["Metadata", (r) => (r.user_metadata === null ? "" : code(shortened(r.user_metadata)))],
    ["Checkpoints", (r) => numbers.format(r.checkpoints), "number"],
    ["Size", (r) => size(r.size_bytes), "number"],
    ["Owner", (r) => r.owner],
    ["Last request", (r) => moment(Date.parse(r.last_request))],
  ],
  sessions: [
    ["Session", (s) => detailsButton(s.session_id, s)],
    ["Name", (s) => s.display_name ?? ""],
    ["Project", (s) => s.project_id ?? ""],
    ["Status", (s) => (s.status === null ? "" : JSON.parse(s.status).type)],
    ["Runs", (s) => numbers.format(s.runs), "number"],
    ["Samplers", (s) => numbers.format(s.samplers), "number"],
    ["Owner", (s) => s.owner],
    ["Created", (s) => moment(Date.parse(s.created))],
  ],
};

function element(name, text, className) {
  const made = document.createElement(name);
  if (text !== undefined) made.textContent = text;
  if (className) made.className = className;
  return made;
}

function code(text) {
  const made = element("code", text);
  made.title = text;
  return made;
}

function shortened(text) {
  return text.length > METADATA_LENGTH ? `${text.slice(0, METADATA_LENGTH)}…` : text;
}

function detailsButton(text, item) {
  const made = element("button", undefined, "link");
  made.type = "button";
  made.append(code(text));
  made.addEventListener("click", () => showDetails(text, item));
  return made;
}

// Shows every field of a row. Clicking an ID searches for everything that contains it.
function showDetails(title, item) {
  document.getElementById("details-title").textContent = title;
  const rows = Object.entries(item).map(([name, value]) => {
    const line = element("div");
    const shown = element("dd");
    shown.append(detail(name, value));
    line.append(element("dt", name.replaceAll("_", " ")), shown);
    return line;
  });
  details.querySelector("dl").replaceChildren(...rows);
  details.showModal();
}

function detail(name, value) {
  if (value === null) return "none";
  if (name === "run_id" || name === "session_id" || name === "project_id") {
    const made = element("button", value, "link");
    made.type = "button";
    made.title = "Search for this ID";
    made.addEventListener("click", () => {
      details.close();
      search.value = value;
      ask();
    });
    return made;
  }
  if (name === "size_bytes") return `${size(value)} (${numbers.format(value)} bytes)`;
  if (["user_metadata", "status", "optimizer_config"].includes(name)) {
    return element("pre", JSON.stringify(JSON.parse(value), null, 2));
  }
  return String(value);
}

function badge(text, tone) {
  return element("span", String(text), `badge ${tone}`);
}

function statusTone(status) {
  if (status === null || status >= 500) return "bad";
  if (status >= 400) return "warning";
  return "good";
}

function model(run) {
  const rank = run.lora_rank === null ? "all weights" : `LoRA ${run.lora_rank}`;
  const made = element("span", `${run.base_model}, ${rank} `);
  if (run.corrupted) made.append(badge("corrupted", "bad"));
  return made;
}

function size(bytes) {
  if (bytes === null) return "unknown";
  const units = ["B", "kB", "MB", "GB", "TB", "PB"];
  let unit = 0;
  while (bytes >= 999.5 && unit < units.length - 1) {
    bytes /= 1000;
    unit += 1;
  }
  return `${bytes >= 100 || unit === 0 ? Math.round(bytes) : bytes.toFixed(1)} ${units[unit]}`;
}

// A time, shown relative to now; refreshTimes keeps it up to date.
function moment(milliseconds, bySandbox = true) {
  const made = element("time");
  const date = new Date(milliseconds);
  made.dateTime = date.toISOString();
  made.title = date.toLocaleString("en-GB", { timeZoneName: "short" });
  made.dataset.at = milliseconds;
  if (bySandbox) made.dataset.bySandbox = "";
  return made;
}

function distance(seconds) {
  const far = Math.abs(seconds);
  const steps = [[60, 1, "s"], [3600, 60, "min"], [86400, 3600, "h"], [Infinity, 86400, "d"]];
  const [, length, unit] = steps.find(([limit]) => far < limit);
  const count = `${numbers.format(Math.floor(far / length))} ${unit}`;
  if (far < 1) return "now";
  return seconds < 0 ? `${count} ago` : `in ${count}`;
}

function refreshTimes() {
  for (const time of document.querySelectorAll("time[data-at]")) {
    const now = Date.now() + ("bySandbox" in time.dataset ? aheadMs : 0);
    const text = distance((Number(time.dataset.at) - now) / 1000);
    if (time.textContent !== text) time.textContent = text;
  }
}

function row(name, item) {
  const made = element("tr");
  for (const [label, content, className] of columns[name]) {
    const cell = element("td", undefined, className);
    cell.dataset.label = label;
    cell.append(content(item));
    made.append(cell);
  }
  return made;
}

function isFiltered() {
  return search.value !== "" || owner.value !== "";
}

// Only replace rows that have changed, so that selected text stays selected.
function showRows(name, items) {
  const text = `${isFiltered()} ${JSON.stringify(items)}`;
  if (shown.get(name) === text) return;
  shown.set(name, text);
  const body = document.querySelector(`[data-rows="${name}"]`);
  body.replaceChildren(...items.map((item) => row(name, item)));
  if (items.length === 0) {
    const cell = element("td", isFiltered() ? "No matches." : "None yet.", "empty");
    cell.colSpan = columns[name].length;
    const line = element("tr");
    line.append(cell);
    body.append(line);
  }
}

function makePager(name, title) {
  const pager = document.querySelector(`[data-pager="${name}"]`);
  const place = element("span");
  const button = (text, label, target) => {
    const made = element("button", text);
    made.type = "button";
    made.setAttribute("aria-label", `${label} ${title}`);
    made.addEventListener("click", () => {
      offsets[name] = Math.max(0, target());
      ask();
    });
    pager.append(made);
    return made;
  };
  const part = { offset: 0, limit: 1, total: 0 };
  const first = button("«", "First", () => 0);
  const back = button("‹", "Previous", () => offsets[name] - part.limit);
  pager.append(place);
  const on = button("›", "Next", () => offsets[name] + part.limit);
  const last = button("»", "Last", () => part.total);
  return (latest) => {
    Object.assign(part, latest);
    offsets[name] = part.offset;
    const end = Math.min(part.offset + part.limit, part.total);
    const from = part.total === 0 ? 0 : part.offset + 1;
    place.textContent = `${numbers.format(from)}–${numbers.format(end)} of ${numbers.format(part.total)}`;
    first.disabled = back.disabled = part.offset === 0;
    on.disabled = last.disabled = end >= part.total;
  };
}

const pagers = {
  checkpoints: makePager("checkpoints", "checkpoints"),
  runs: makePager("runs", "training runs"),
  sessions: makePager("sessions", "sessions"),
};

function show(state) {
  aheadMs = Date.parse(state.now) - Date.now();
  document.getElementById("database").textContent = state.database;
  document.getElementById("bytes").textContent = size(state.counts.bytes);
  for (const cell of document.querySelectorAll("[data-count]")) {
    cell.textContent = numbers.format(state.counts[cell.dataset.count]);
  }
  for (const name of state.users.slice(owner.options.length - 1)) owner.append(new Option(name));
  showRows("requests", state.requests);
  for (const [name, showPlace] of Object.entries(pagers)) {
    showRows(name, state[name].items);
    showPlace(state[name]);
  }
  refreshTimes();
}

function setState(name, text) {
  const place = document.getElementById("state");
  place.dataset.state = name;
  if (place.textContent !== text) place.textContent = text;
}

async function ask() {
  clearTimeout(timer);
  if (asking) {
    timer = setTimeout(ask, 50);
    return;
  }
  asking = true;
  try {
    const query = new URLSearchParams({ ...offsets, search: search.value, owner: owner.value });
    const answer = await fetch(`/__sandbox__/page?${query}`, { cache: "no-store" });
    if (!answer.ok) throw new Error(`status ${answer.status}`);
    show(await answer.json());
    setState(paused ? "paused" : "live", paused ? "Paused" : "Live");
  } catch {
    setState("lost", "The sandbox is not responding");
  } finally {
    asking = false;
    clearTimeout(timer);
    if (!paused && !document.hidden) timer = setTimeout(ask, INTERVAL_MS);
  }
}

async function copyExports() {
  const user = owner.value || owner.options[1]?.value || "";
  const answer = await fetch(`/__sandbox__/page/exports?${new URLSearchParams({ user })}`, { cache: "no-store" });
  const command = await answer.text();
  const told = document.getElementById("copied");
  try {
    await navigator.clipboard.writeText(command);
    told.textContent = `Copied for ${user}. Paste it into a terminal.`;
  } catch {
    told.textContent = command; // the browser does not allow copying
  }
}

search.addEventListener("input", ask);
search.form.addEventListener("submit", (event) => event.preventDefault());
owner.addEventListener("change", ask);
document.getElementById("copy").addEventListener("click", copyExports);
document.getElementById("close").addEventListener("click", () => details.close());
document.getElementById("address").textContent = location.origin;
document.getElementById("pause").addEventListener("click", (event) => {
  paused = !paused;
  event.target.setAttribute("aria-pressed", String(paused));
  ask();
});
document.addEventListener("visibilitychange", () => {
  if (!document.hidden && !paused) ask();
});
ask();
