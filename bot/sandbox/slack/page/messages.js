/** The messages of a conversation. */

import { Hands, busy } from "./acting.js";
import { drawBlock } from "./blocks.js";
import { h, reconcile } from "./dom.js";
import { icon } from "./icons.js";
import { inspectMessage, isOpen as isInspecting } from "./inspector.js";
import { openMenu } from "./menu.js";
import { mrkdwn } from "./mrkdwn.js";
import { face, nameOf } from "./people.js";
import { address, bot, conversation, firstCommand, go, perform, session } from "./session.js";
import { clockTime, dated, fullTime, isoDate, prettyDay } from "./zone.js";

const log = document.querySelector("#messages");
const TOGETHER = 5 * 60;
let shownIn = "";
let seenTs = "";

const isAtEnd = () => log.scrollHeight - log.scrollTop - log.clientHeight < 60;

const jump = h("button", { type: "button", class: "jump", hidden: true }, "New messages");
jump.addEventListener("click", () => {
  log.scrollTop = log.scrollHeight;
  jump.hidden = true;
  log.focus();
});
log.addEventListener("scroll", () => {
  if (isAtEnd()) jump.hidden = true;
});
log.after(jump);

/** Draw the conversation that is open, and mark it as read. */
export function drawMessages() {
  const here = conversation();
  const messages = session.screen.messages;
  log.hidden = !here || !messages;
  if (log.hidden) {
    jump.hidden = true;
    return;
  }
  const isNew = shownIn !== `${session.userId} ${here.id}`;
  const wasAtEnd = isAtEnd();
  if (isNew) log.replaceChildren();
  shownIn = `${session.userId} ${here.id}`;
  reconcile(log, rows(here, messages, isNew), {
    key: (row) => row.key,
    sign: (row) => row.sign,
    draw: (row) => row.draw(),
  });
  scroll(messages.at(-1), { isNew, wasAtEnd });
  markRead(here, messages);
}

/** Go to the end where the person was there, has just come, or has written; otherwise offer to. */
function scroll(last, { isNew, wasAtEnd }) {
  const isLater = last && last.ts > seenTs;
  const isOwn = isLater && (last.user === session.userId || last.is_ephemeral);
  if (isNew || wasAtEnd || isOwn) log.scrollTop = log.scrollHeight;
  else if (isLater) jump.hidden = false;
  if (isAtEnd()) jump.hidden = true;
  seenTs = last?.ts ?? "";
}

let newFrom = "";

function rows(here, messages, isNew) {
  if (isNew)
    newFrom = messages.find((one) => one.ts > session.screen.read && one.user !== session.userId)?.ts ?? "";
  const drawn = [{ key: "start", sign: here.id, draw: () => start(here) }];
  const today = isoDate(session.screen.now);
  let before = null;
  for (const message of messages) {
    const at = Number(message.ts);
    const day = prettyDay(at);
    const isNewDay = !before || prettyDay(Number(before.ts)) !== day;
    if (isNewDay)
      drawn.push({
        key: `day ${day}`,
        sign: day,
        draw: () => h("div", { class: "day", role: "separator" }, h("span", {}, day)),
      });
    if (message.ts === newFrom && before) {
      drawn.push({
        key: "new",
        sign: newFrom,
        draw: () => h("div", { class: "day new", role: "separator" }, h("span", {}, "New")),
      });
    }
    const isTogether = !isNewDay && follows(before, message);
    const sign = JSON.stringify([message, isTogether, today]);
    drawn.push({ key: message.ts, sign, draw: () => drawMessage(message, { isTogether }) });
    before = message;
  }
  return drawn;
}

function follows(before, message) {
  const isNear = Number(message.ts) - Number(before.ts) < TOGETHER;
  return isNear && before.user === message.user && !before.is_ephemeral && !message.is_ephemeral;
}

function start(here) {
  if (here.kind === "im")
    return h("p", { class: "start" }, `This is where ${bot().name} writes to you, and only to you.`);
  const name = `${here.kind === "private" ? "the private channel " : ""}#${here.name}`;
  const command = firstCommand();
  return h("p", { class: "start" }, `This is the start of ${name}.`, command && ` Type ${command} below to begin.`);
}

async function markRead(here, messages) {
  const last = messages.at(-1)?.ts;
  if (!last || last <= session.screen.read || document.hidden || !here.unread) return;
  await perform("read", { channel_id: here.id, ts: last }).catch(() => {});
}

/** Draw a message. `isTogether` leaves away who wrote it; `isInThread` leaves away the thread under it. */
export function drawMessage(message, { isTogether = false, isInThread = false } = {}) {
  const at = Number(message.ts);
  const shortTime = isTogether ? clockTime(at).replace(/\s?[AP]M$/, "") : clockTime(at);
  const time = h("time", { datetime: new Date(at * 1000).toISOString(), title: fullTime(at) }, shortTime);
  const isBot = Boolean(message.bot_id);
  const by = nameOf(message.user);
  const head = h(
    "div",
    { class: "by" },
    h("strong", {}, by),
    isBot && h("span", { class: "app-mark" }, "APP"),
    " ",
    time,
  );
  const node = h(
    "article",
    {
      class: `message ${isTogether ? "together" : ""} ${message.is_ephemeral ? "ephemeral" : ""}`,
      "aria-label": `${by}, ${clockTime(at)}`,
      dataset: { ts: message.ts },
    },
    h("div", { class: "gutter" }, isTogether ? time : face(message.user)),
    h(
      "div",
      { class: "said" },
      message.is_ephemeral && h("p", { class: "only" }, icon("lock"), "Only visible to you"),
      !isTogether && head,
      content(message),
      !isInThread && message.replies?.length > 0 && threadLink(message),
    ),
    tools(message, isInThread),
  );
  node.addEventListener("click", (event) => {
    const isControl = event.target.closest("a, button, input, select, textarea, label, .combobox");
    if (isInspecting() && !isControl) inspectMessage(message);
  });
  return node;
}

function content(message) {
  const hands = new Hands({ channel_id: hereId(), message_ts: message.ts });
  const edited =
    message.edited && h("span", { class: "edited", title: fullTime(Number(message.edited.ts)) }, "(edited)");
  const blocks = message.blocks.map((block) => drawBlock(block, { hands }));
  const text =
    !blocks.length &&
    message.text &&
    h("div", { class: "text-block" }, ...mrkdwn(message.text, { typed: !message.bot_id }), " ", edited);
  return [
    text,
    ...blocks,
    blocks.length > 0 && edited,
    (message.files ?? []).map(uploaded),
    (message.attachments ?? []).map((one) => attachment(one, hands)),
  ];
}

function uploaded({ id, title, name, alt_txt: words, mimetype }) {
  if (!mimetype?.startsWith("image/")) return h("p", { class: "hint" }, title || name);
  return h(
    "figure",
    { class: "block image" },
    h("img", { src: `/files/${id}`, alt: words || title || name }),
  );
}

function attachment(one, hands) {
  const text = one.text && h("div", { class: "text-block" }, ...mrkdwn(one.text));
  return h(
    "div",
    { class: "attachment" },
    text,
    (one.blocks ?? []).map((block) => drawBlock(block, { hands })),
  );
}

const hereId = () => conversation()?.id;

function threadLink(message) {
  const { replies } = message;
  const faces = [...new Set(replies.map((one) => one.user))].slice(0, 4).map((user) => face(user, "tiny"));
  const words = `${replies.length} ${replies.length === 1 ? "reply" : "replies"}`;
  const at = Number(replies.at(-1).ts);
  return h(
    "a",
    {
      class: "thread-link",
      href: address({ thread: message.ts }),
      dataset: { focus: `thread ${message.ts}` },
    },
    faces,
    h("span", { class: "replies" }, words),
    h("span", { class: "hint" }, `Last reply ${dated(at, "{date_short_pretty} at {time}")}`),
  );
}

function tools(message, isInThread) {
  const reply = h(
    "button",
    {
      type: "button",
      class: "quiet",
      "aria-label": "Reply in thread",
      title: "Reply in thread",
      on: { click: () => go({ thread: message.ts }) },
    },
    icon("reply"),
  );
  const more = h(
    "button",
    {
      type: "button",
      class: "quiet",
      "aria-label": "More actions",
      title: "More actions",
      "aria-haspopup": "menu",
      "aria-expanded": "false",
    },
    icon("dots"),
  );
  const canReply = !isInThread && !message.is_ephemeral;
  more.addEventListener("click", () => openMenu(more, menuOf(message, more, canReply), "More actions"));
  return h(
    "div",
    { class: "tools", role: "toolbar", "aria-label": "Message actions" },
    canReply && reply,
    more,
  );
}

function menuOf(message, more, canReply) {
  const shortcuts = session.state.shortcuts.filter((one) => one.type === "message" && !message.is_ephemeral);
  const target = { channel_id: hereId(), message_ts: message.ts };
  const items = canReply
    ? [{ name: "Reply in thread", icon: "reply", act: () => go({ thread: message.ts }) }]
    : [];
  const uses = shortcuts.map((one) => ({
    name: one.name,
    description: bot().name,
    icon: "bolt",
    act: () => busy(more, () => perform("shortcut", { callback_id: one.callback_id, ...target })),
  }));
  items.push(...uses, { name: "Show payload", icon: "code", act: () => inspectMessage(message) });
  if (message.user === session.userId) {
    const remove = () =>
      busy(more, () => perform("delete_message", { channel_id: hereId(), ts: message.ts }));
    items.push({ name: "Delete message", icon: "trash", danger: true, act: remove });
  }
  return items;
}
