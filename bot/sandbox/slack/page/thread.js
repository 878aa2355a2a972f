/** The thread that is open beside its conversation. */

import { drawComposer } from "./composer.js";
import { fill, h, reconcile } from "./dom.js";
import { icon } from "./icons.js";
import { drawMessage } from "./messages.js";
import { conversation, go, session } from "./session.js";
import { isoDate } from "./zone.js";

const aside = document.querySelector("#thread");
const answers = h("div", { class: "answers", role: "log", "aria-label": "Thread", tabindex: "0" });
const writing = h("div", { class: "writing" });
const isNarrow = matchMedia("(max-width: 1400px)");
let shown = "";

/** Draw it, or nothing. */
export function drawThread() {
  const root = session.thread && session.screen.messages?.find((one) => one.ts === session.thread);
  const was = shown;
  shown = root ? `${session.userId} ${session.thread}` : "";
  aside.hidden = !root;
  document.body.classList.toggle("has-thread", Boolean(root));
  callMain();
  if (!root) {
    if (was) leave(was.split(" ")[1]);
    return;
  }
  if (was !== shown) begin();
  const wasAtEnd = answers.scrollHeight - answers.scrollTop - answers.clientHeight < 60;
  const count = root.replies.length;
  const rule = {
    isRule: true,
    ts: "rule",
    words: count ? `${count} ${count === 1 ? "reply" : "replies"}` : "No replies yet",
  };
  const { replies, ...alone } = root;
  reconcile(answers, [alone, rule, ...replies], {
    key: (one) => one.ts,
    sign: (one) => JSON.stringify([one, isoDate(session.screen.now)]),
    draw: (one) =>
      one.isRule
        ? h("div", { class: "day" }, h("span", {}, one.words))
        : drawMessage(one, { isInThread: true }),
  });
  if (wasAtEnd || was !== shown) answers.scrollTop = answers.scrollHeight;
}

/** Call the thread what is main on the page while the conversation makes place for it (see `style.css`). */
export function callMain() {
  const { classList } = document.body;
  const isAlone = isNarrow.matches && classList.contains("has-thread") && classList.contains("has-inspector");
  if (isAlone) aside.setAttribute("role", "main");
  else aside.removeAttribute("role");
  aside.querySelector("h2")?.setAttribute("aria-level", isAlone ? "1" : "2");
}

function begin() {
  answers.replaceChildren();
  const close = h(
    "button",
    { type: "button", class: "quiet", "aria-label": "Close thread", on: { click: () => go({}) } },
    icon("close"),
  );
  const where = conversation();
  const place = where.kind === "im" ? where.name : `#${where.name}`;
  fill(
    aside,
    h("header", {}, h("h2", {}, "Thread"), h("p", { class: "facts" }, place), close),
    answers,
    writing,
  );
  drawComposer(writing, { thread: session.thread });
  (writing.querySelector("textarea") ?? close).focus();
}

/** Give the focus back to the message whose thread it was. */
function leave(ts) {
  if (document.activeElement !== document.body && !aside.contains(document.activeElement)) return;
  document.querySelector(`[data-focus="thread ${ts}"], [data-ts="${ts}"] .tools button`)?.focus();
}

isNarrow.addEventListener("change", callMain);
aside.addEventListener("keydown", (event) => {
  if (event.key === "Escape" && !event.defaultPrevented) go({});
});
