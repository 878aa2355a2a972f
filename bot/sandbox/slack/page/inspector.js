/** The inspector: what passes between Slack, the bot and Globus, in order, and what a message is made of. */

import { see } from "./api.js";
import { fill, h, reconcile } from "./dom.js";
import { icon } from "./icons.js";
import { jsonTree } from "./json.js";
import { firstCommand } from "./session.js";
import { callMain } from "./thread.js";
import { described } from "./traffic.js";

const EVERY = 1000;
const MOST = 400;
const KEPT_AS = "inspector";
const SERVICES = { all: "All", slack: "Slack", globus: "Globus" };

const aside = document.querySelector("#inspector");
const list = h("div", { class: "entries", role: "list", "aria-label": "Traffic", tabindex: "0" });
const detail = h("div", { class: "detail", role: "region", "aria-label": "Payload", hidden: true });
const filters = h("div", { class: "filters", role: "group", "aria-label": "Show" });

let isShown = sessionStorage.getItem(KEPT_AS) === "open";
let entries = new Map();
let after = { slack: 0, globus: 0 };
let wanted = "all";
let chosen = "";
let isAsking = false;

/** Say whether it is open. */
export const isOpen = () => isShown;

/** Open or close it. */
export function toggle() {
  isShown = !isShown;
  sessionStorage.setItem(KEPT_AS, isShown ? "open" : "");
  document.dispatchEvent(new Event("inspector"));
}

/** Open it at an entry of the pretend Slack's. */
export async function show(number) {
  open();
  await ask();
  choose(`slack ${number}`);
}

/** Open it at a message's payload. */
export function inspectMessage(message) {
  open();
  chosen = "";
  const { replies: _replies, ...payload } = message;
  drawDetail(`Message ${message.ts}`, payload, "As Slack gives it to the app");
}

function open() {
  if (!isShown) toggle();
}

/** Draw it, if it is open. */
export function drawInspector() {
  aside.hidden = !isShown;
  document.body.classList.toggle("has-inspector", isShown);
  callMain();
  if (!isShown) return;
  if (!aside.children.length) begin();
  ask();
}

function begin() {
  const close = h(
    "button",
    { type: "button", class: "quiet", "aria-label": "Close inspector", on: { click: toggle } },
    icon("close"),
  );
  const clear = h("button", { type: "button", class: "quiet", on: { click: empty } }, "Clear");
  fill(aside, h("header", {}, h("h2", {}, "Inspector"), filters, clear, close), list, detail);
  drawFilters();
  setInterval(() => isShown && !document.hidden && ask(), EVERY);
}

function drawFilters() {
  const draw = ([name, words]) =>
    h(
      "button",
      {
        type: "button",
        class: "quiet",
        "aria-pressed": String(wanted === name),
        on: {
          click: () => {
            wanted = name;
            drawFilters();
            drawList();
          },
        },
      },
      words,
    );
  fill(filters, Object.entries(SERVICES).map(draw));
}

function empty() {
  entries = new Map();
  detail.hidden = true;
  drawList();
}

/** Ask for what is new. What was under way when it was last asked for is asked for again. */
async function ask() {
  if (isAsking) return;
  isAsking = true;
  try {
    const answer = await see("inspect", { after: after.slack, globus_after: after.globus });
    const isFirst = after.slack === 0;
    for (const entry of answer.traffic) entries.set(`${entry.service} ${entry.number}`, entry);
    entries = new Map([...entries].slice(-MOST));
    after = { slack: answer.number, globus: answer.globus_number };
    for (const entry of answer.traffic.filter(isUnderWay)) {
      after[entry.service] = Math.min(after[entry.service], entry.number - 1);
    }
    if (answer.traffic.length || isFirst) drawList();
  } catch {
    // The page says elsewhere that the sandbox does not answer.
  } finally {
    isAsking = false;
  }
}

function isUnderWay(entry) {
  return entry.kind === "delivery"
    ? entry.outcome === "sent"
    : entry.service === "globus" && entry.took_ms === undefined;
}

function drawList() {
  const wasAtEnd = list.scrollHeight - list.scrollTop - list.clientHeight < 60;
  const shown = [...entries].filter(([, entry]) => wanted === "all" || entry.service === wanted);
  shown.sort(([, one], [, other]) => one.at - other.at);
  reconcile(list, shown, {
    key: ([key]) => key,
    sign: ([key, entry]) => `${entry.took_ms} ${entry.outcome} ${key === chosen}`,
    draw: ([key, entry]) => drawEntry(key, entry),
  });
  if (wasAtEnd) list.scrollTop = list.scrollHeight;
  if (shown.length) return;
  const command = firstCommand();
  list.append(h("p", { class: "start" }, "Nothing has passed yet.", command && ` Type ${command} in a channel.`));
}

function drawEntry(key, entry) {
  const { from, to, name, outcome, isBad } = described(entry);
  const seconds = new Date(entry.at * 1000).toISOString().slice(11, 23);
  const took =
    entry.took_ms === undefined
      ? ""
      : entry.took_ms < 10
        ? `${entry.took_ms} ms`
        : `${Math.round(entry.took_ms)} ms`;
  const button = h(
    "button",
    {
      type: "button",
      class: isBad ? "bad" : "",
      "aria-pressed": String(key === chosen),
      dataset: { focus: key },
      on: { click: () => choose(key) },
    },
    h(
      "span",
      { class: "way" },
      h("span", { class: `party ${from}` }, from),
      " → ",
      h("span", { class: `party ${to}` }, to),
    ),
    h("span", { class: "what" }, name),
    h("span", { class: "end" }, outcome),
    h("span", { class: "took", title: seconds }, took),
  );
  return h("div", { role: "listitem", class: "entry" }, button);
}

function choose(key) {
  const entry = entries.get(key);
  if (!entry) return;
  chosen = key;
  drawList();
  const { from, to, name } = described(entry);
  const at = new Date(entry.at * 1000).toISOString().replace("T", " ").slice(0, 23);
  const { number: _number, service: _service, kind: _kind, at: _at, ...payload } = entry;
  drawDetail(name, payload, `${from} → ${to}, ${at} UTC`);
  list.querySelector("[aria-pressed=true]")?.scrollIntoView({ block: "nearest" });
}

function drawDetail(name, payload, about) {
  const copy = h("button", { type: "button", class: "quiet bordered" }, "Copy");
  copy.addEventListener("click", async () => {
    try {
      await navigator.clipboard.writeText(JSON.stringify(payload, null, 2));
      copy.textContent = "Copied";
    } catch {
      copy.textContent = "Not copied: the browser does not allow it";
    }
  });
  const close = h(
    "button",
    {
      type: "button",
      class: "quiet",
      "aria-label": "Close payload",
      on: {
        click: () => {
          detail.hidden = true;
          chosen = "";
          drawList();
        },
      },
    },
    icon("close"),
  );
  fill(
    detail,
    h("header", {}, h("h3", {}, name, h("small", {}, about)), copy, close),
    h("div", { class: "json", tabindex: "0", role: "group", "aria-label": "JSON" }, jsonTree(payload)),
  );
  detail.hidden = false;
  detail.querySelector(".json").scrollTop = 0;
}
