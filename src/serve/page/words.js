"use strict";
// Words: elements out of text, numbers, durations and places. Text of users is only ever a text node.
const STEP = 1000;

function el(name, attributes, ...children) {
  const node = document.createElement(name);
  for (const [key, value] of Object.entries(attributes ?? {})) {
    if (value === null || value === undefined || value === false) continue;
    if (key.startsWith("on")) node.addEventListener(key.slice(2), value);
    else if (key.startsWith("--")) node.style.setProperty(key, value);
    else node.setAttribute(key, value === true ? "" : value);
  }
  node.append(...children.flat(Infinity).filter((child) => child !== null && child !== undefined && child !== false));
  return node;
}

// A text of users in one line, with control characters as signs and not longer than a page bears.
function legible(text, most = 240) {
  const cut = [...String(text).slice(0, 4 * most)];
  const shown = cut.slice(0, most).join("") + (cut.length > most ? "…" : "");
  return shown.replace(/[\u0000-\u001f\u007f-\u009f\u200e\u200f\u202a-\u202e\u2066-\u2069]/g, (sign) =>
    "\\u{" + sign.charCodeAt(0).toString(16) + "}");
}

// A number with three significant digits.
function number(x) {
  if (x === null || x === undefined) return "–";
  if (x === 0 || !Number.isFinite(x)) return String(x);
  const exponent = Math.floor(Math.log10(Math.abs(x)));
  const trim = (digits) => (digits.includes(".") ? digits.replace(/\.?0+$/, "") : digits);
  if (exponent < -3 || exponent > 5) {
    const [digits, power] = x.toExponential(2).split("e");
    return trim(digits) + "e" + Number(power);
  }
  return trim(x.toFixed(Math.max(0, 2 - exponent)));
}

function whole(x) {
  return Number.isInteger(x) && Math.abs(x) < 1e15 ? String(x) : number(x);
}

function value(it) {
  if (it === null) return "None";
  return typeof it === "number" ? (Number.isInteger(it) ? String(it) : number(it)) : legible(it);
}

// An amount with its unit, which is given in the plural.
function amount(x, unit) {
  const one = x === 1 && unit.length > 2 && unit.endsWith("s") && !unit.endsWith("ss") ? unit.slice(0, -1) : unit;
  return whole(x) + " " + legible(one);
}

function count(n, noun) {
  return n + " " + noun + (n === 1 ? "" : "s");
}

function duration(seconds) {
  if (seconds === null || seconds === undefined) return "–";
  const s = Math.max(0, Math.round(seconds));
  if (s < 60) return (seconds < 10 ? number(Math.max(0, seconds)) : s) + " s";
  if (s < 3600) return Math.floor(s / 60) + " min " + (s % 60) + " s";
  if (s < 86400) return Math.floor(s / 3600) + " h " + Math.floor((s % 3600) / 60) + " min";
  return Math.floor(s / 86400) + " d " + Math.floor((s % 86400) / 3600) + " h";
}

// A duration that changes every second, without more digits than it is worth.
function about(seconds) {
  return duration(seconds < 10 ? Math.ceil(seconds) : seconds);
}

function bytes(n) {
  const units = ["B", "KiB", "MiB", "GiB", "TiB"];
  let unit = 0;
  while (n >= 1024 && unit < units.length - 1) [n, unit] = [n / 1024, unit + 1];
  return (unit === 0 ? n : number(n)) + " " + units[unit];
}

function clock(ms) {
  const date = new Date(ms);
  const day = date.toDateString() === new Date().toDateString() ? "" : date.toLocaleDateString(undefined, { day: "numeric", month: "short" }) + ", ";
  return day + date.toLocaleTimeString(undefined, { hour: "2-digit", minute: "2-digit", hourCycle: "h23" });
}

function moment(ms) {
  return ms ? el("time", { datetime: new Date(ms).toISOString(), title: new Date(ms).toLocaleString() }, clock(ms)) : "–";
}

function ago(ms, now) {
  const seconds = Math.max(0, (now - ms) / 1000);
  const text = seconds < 5 ? "just now" : duration(Math.round(seconds)).replace(/^(\d+ (?:min|h|d)) .*/, "$1") + " ago";
  return el("time", { datetime: new Date(ms).toISOString(), title: new Date(ms).toLocaleString() }, text);
}

function inWords(outcome) {
  return outcome.replaceAll("_", " ");
}

// The word for an outcome; a trial of a run that nobody works on does not run.
function outcomeOf(word, run) {
  return word === "running" && !run.live ? "without an outcome" : inWords(word);
}

function runPath(name) {
  return "/run/" + encodeURIComponent(name);
}

function trialPath(name, trial) {
  return runPath(name) + "/trial/" + trial;
}

function bar(share, label, extra) {
  const known = Number.isFinite(share);
  const attributes = { class: "bar" + (known ? "" : " unknown"), role: "progressbar", "aria-label": label, "aria-valuemin": 0, "aria-valuemax": 100,
    "aria-valuenow": known ? Math.round(100 * share) : null, "--share": known ? Math.min(1, Math.max(0, share)) : 0, ...extra };
  return el("div", attributes, el("i"));
}

function state(word, host) {
  const live = ["running", "validating", "preparing", "stopping", "reading"].includes(word);
  const kind = live ? "live" : word === "complete" ? "complete" : ["stopped", "unreadable"].includes(word) ? "bad" : "";
  return el("span", { class: "state " + kind }, word + (live && host ? " on " + legible(host, 60) : ""));
}

// Pairs of name and value as a table.
function values(pairs) {
  return el("table", { class: "values" }, el("tbody", {}, pairs.map(([name, it]) =>
    el("tr", {}, el("th", { scope: "row" }, legible(name)), el("td", {}, typeof it === "object" && it !== null ? legible(JSON.stringify(it), 2000) : value(it))))));
}

// A table that scrolls by itself where it is too wide, also by keyboard.
function wide(label, table) {
  return el("div", { class: "wide", tabindex: 0, role: "region", "aria-label": label }, table);
}

// Replaces what is in a node where it has changed, so that selections and focus stay.
const shown = new WeakMap();
function refresh(node, key, ...children) {
  const text = JSON.stringify(key);
  if (shown.get(node) === text) return;
  shown.set(node, text);
  node.replaceChildren(...children.flatMap((child) => (typeof child === "function" ? child() : child)).flat(Infinity).filter(Boolean));
}

function news(text) {
  const place = document.getElementById("news");
  if (place.textContent !== text) place.textContent = text;
}

function way(...parts) {
  document.getElementById("way").replaceChildren(...parts.flatMap((part, index) => (index ? [el("span", { "aria-hidden": "true" }, "/"), part] : [part])));
}

async function load(path) {
  const answer = await fetch(path);
  if (answer.ok) return answer.json();
  const text = await answer.text();
  let message = text.trim();
  try { const told = JSON.parse(text); message = told.error + (told.hint ? " (" + told.hint + ")" : ""); } catch { /* plain text */ }
  throw new Error(message);
}
