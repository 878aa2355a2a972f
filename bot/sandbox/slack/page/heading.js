/** What stands over a conversation: its name, or the app's two tabs. */

import { fill, h } from "./dom.js";
import { icon } from "./icons.js";
import { face } from "./people.js";
import { address, bot, conversation, perform, session } from "./session.js";
import { complain } from "./alerts.js";

const heading = document.querySelector("#heading");

/** Draw it. */
export function drawHeading() {
  const here = conversation();
  const signature = JSON.stringify([here && { ...here, unread: 0 }, session.place, session.userId]);
  if (heading.dataset.drawn === signature) return;
  heading.dataset.drawn = signature;
  if (session.place.app) fill(heading, drawApp());
  else fill(heading, drawChannel(here));
  document.title = `${session.place.app ? bot().name : `#${here?.name ?? ""}`} – ${session.state.team.name} (sandbox)`;
}

function drawApp() {
  const tab = (name, words) =>
    h(
      "a",
      {
        href: address({ place: { app: name } }),
        class: "tab",
        role: "tab",
        "aria-selected": String(session.place.app === name),
      },
      words,
    );
  return [
    h("h1", {}, face(bot().user_id, "tiny"), bot().name),
    h(
      "div",
      { class: "tabs", role: "tablist", "aria-label": bot().name },
      tab("home", "Home"),
      tab("messages", "Messages"),
    ),
  ];
}

function drawChannel(here) {
  if (!here) return h("h1", {}, "…");
  const mark = here.kind === "private" ? icon("lock") : h("span", { class: "hash" }, "#");
  const facts = [
    `${here.members} ${here.members === 1 ? "member" : "members"}`,
    here.is_archived && "archived",
    here.is_shared && "shared with another workspace",
  ];
  return [
    h("h1", {}, mark, here.name),
    h("p", { class: "facts" }, facts.filter(Boolean).join(", ")),
    !here.is_archived && membership(here),
  ];
}

function membership(here) {
  const words = here.has_bot ? `Remove ${bot().name}` : `Invite ${bot().name}`;
  const change = async () => {
    try {
      await perform("members", { channel_id: here.id, joined: !here.has_bot });
    } catch (problem) {
      complain(problem);
    }
  };
  return h("button", { type: "button", class: "quiet bordered", on: { click: change } }, words);
}
