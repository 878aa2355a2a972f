/** Bars that say what went wrong, in the words of the pretend Slack; each stays for a while, or until it is dismissed. */

import { h } from "./dom.js";
import { icon } from "./icons.js";

const SEEN_FOR = 20_000;
const MOST = 3;
const TITLES = {
  operation_timeout: "The app did not respond.",
  dispatch_failed: "The app could not be reached.",
  app_not_installed: "The app is not installed here.",
};

/** Show a bar. `code` is Slack's own name for the reason; `more` is a button, `{name, act}`. */
export function alertBar({ title, detail = "", code = "", more = null }) {
  const place = document.querySelector("dialog[open] .alerts") ?? document.querySelector("#alerts");
  const close = h(
    "button",
    { type: "button", class: "quiet", "aria-label": "Dismiss", on: { click: () => bar.remove() } },
    icon("close"),
  );
  const follow = more && h("button", { type: "button", class: "quiet", on: { click: more.act } }, more.name);
  const words = h("p", {}, h("strong", {}, title), " ", detail, code && [" ", h("code", {}, code)]);
  const bar = h("div", { class: "alert", role: "alert" }, icon("warning"), words, follow, close);
  const same = [...place.children].find((one) => one.textContent === bar.textContent);
  if (same) same.remove();
  place.append(bar);
  while (place.children.length > MOST) place.firstElementChild.remove();
  setTimeout(() => bar.remove(), SEEN_FOR);
}

/** Say that an act did not work; `what` was tried. */
export function complain(problem, what = "") {
  if (!problem.code) {
    alertBar({
      title: "The sandbox does not answer.",
      detail: "It may have ended: look at the terminal in which it was started.",
    });
    return;
  }
  const title = TITLES[problem.code] ?? (what || "This did not work.");
  alertBar({ title, detail: problem.message, code: problem.code });
}
