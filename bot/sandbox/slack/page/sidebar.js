/** The bar on top and the list of conversations; on a narrow screen the list is a drawer. */

import { fill, h } from "./dom.js";
import { icon } from "./icons.js";
import { isOpen as isInspecting, toggle as toggleInspector } from "./inspector.js";
import { drawSwitch, face } from "./people.js";
import { address, bot, direct, session } from "./session.js";

const top = document.querySelector("#top");
const sidebar = document.querySelector("#sidebar");
const isDrawer = matchMedia("(max-width: 760px)");
let drawn = "";

/** Draw both. */
export function drawSidebar() {
  const { state, screen, userId, place } = session;
  const signature = JSON.stringify([
    state.users,
    screen.is_listening,
    screen.conversations,
    userId,
    place,
    isInspecting(),
  ]);
  if (signature === drawn) return;
  drawn = signature;
  const focused = document.activeElement?.dataset?.focus;
  drawTop();
  const joined = screen.conversations.filter((one) => one.kind !== "im");
  fill(
    sidebar,
    h("h2", { class: "workspace" }, state.team.name),
    h("div", { class: "for-phones" }, drawSwitch()),
    h("h3", {}, "Channels"),
    h("ul", {}, joined.map(channelRow)),
    h("h3", {}, "Apps"),
    h("ul", {}, appRow()),
    globusLinks(),
    h("p", { class: "note" }, "A pretend Slack on this machine. Nobody outside sees what you do here."),
  );
  if (focused) document.querySelector(`[data-focus="${CSS.escape(focused)}"]`)?.focus();
}

/** Open or close the drawer. */
export function showDrawer(isShown) {
  document.body.classList.toggle("drawer", isShown);
  document.querySelector("#open-drawer")?.setAttribute("aria-expanded", String(isShown));
  sidebar.inert = isDrawer.matches && !isShown;
  if (isShown) sidebar.querySelector("a")?.focus();
}

function drawTop() {
  const drawer = h(
    "button",
    {
      type: "button",
      id: "open-drawer",
      class: "quiet for-phones",
      "aria-label": "Conversations",
      "aria-expanded": "false",
      "aria-controls": "sidebar",
      on: { click: () => showDrawer(!document.body.classList.contains("drawer")) },
    },
    icon("menu"),
  );
  const inspect = h(
    "button",
    {
      type: "button",
      class: "quiet inspect",
      "aria-pressed": String(isInspecting()),
      dataset: { focus: "inspect" },
      on: { click: toggleInspector },
    },
    icon("code"),
    h("span", {}, "Inspector"),
  );
  fill(
    top,
    drawer,
    h("span", { class: "badge" }, "Sandbox"),
    h("div", { class: "for-desks" }, drawSwitch()),
    inspect,
  );
}

/** Draw a row. What is unread makes it bold; only where it is meant for this person it is counted for all to see. */
function row({ name, href, isHere, unread, picture, isCounted = false, more = null }) {
  const isUnread = unread > 0 && !isHere;
  return h(
    "li",
    {},
    h(
      "a",
      {
        href,
        class: isUnread ? "unread" : "",
        "aria-current": isHere ? "page" : undefined,
        dataset: { focus: href },
        on: { click: () => showDrawer(false) },
      },
      picture,
      h("span", { class: "name" }, name, more),
      isUnread &&
        h(
          "span",
          { class: isCounted ? "count" : "unseen" },
          unread,
          h("span", { class: "unseen" }, " unread"),
        ),
    ),
  );
}

function channelRow(one) {
  const picture = one.is_archived
    ? icon("archive")
    : one.kind === "private"
      ? icon("lock")
      : h("span", { class: "hash", "aria-hidden": "true" }, "#");
  const href = address({ place: { channel: one.id } });
  return row({ name: one.name, href, isHere: session.place.channel === one.id, unread: one.unread, picture });
}

function appRow() {
  const place = { app: session.place.app ?? "messages" };
  const unread = session.place.app === "home" ? 0 : direct().unread;
  const picture = face(bot().user_id, "tiny");
  const more = !session.screen.is_listening && h("small", {}, " not connected");
  return row({
    name: bot().name,
    href: address({ place }),
    isHere: Boolean(session.place.app),
    unread,
    picture,
    isCounted: true,
    more,
  });
}

function globusLinks() {
  const url = session.state.globus_url;
  if (!url) return null;
  const link = (path, name) =>
    h(
      "li",
      {},
      h(
        "a",
        { href: `${url}${path}`, target: "_blank", rel: "noopener noreferrer" },
        icon("external"),
        h("span", { class: "name" }, name),
      ),
    );
  return [
    h("h3", {}, "Pretend Globus"),
    h(
      "ul",
      {},
      link("/activity/timers", "Timers"),
      link("/file-manager", "Files"),
      link("/behind-the-scenes", "Behind the scenes"),
    ),
  ];
}

isDrawer.addEventListener("change", () => showDrawer(false));
document.addEventListener("keydown", (event) => {
  if (event.key !== "Escape" || !document.body.classList.contains("drawer")) return;
  showDrawer(false);
  document.querySelector("#open-drawer").focus();
});
document.querySelector("#place").addEventListener("pointerdown", () => {
  if (document.body.classList.contains("drawer")) showDrawer(false);
});
