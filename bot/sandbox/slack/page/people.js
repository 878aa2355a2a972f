/** Faces and names, and the switch between the people of the workspace. */

import { h } from "./dom.js";
import { address, bot, session, userNamed } from "./session.js";

/** Draw a face: a person's letters, or the app's picture. */
export function face(userId, size = "") {
  if (userId === bot().user_id) return h("img", { class: `face ${size}`, src: "/page/icon.svg", alt: "" });
  const index = session.state.users.findIndex((user) => user.id === userId);
  const letters = nameOf(userId)
    .split(" ")
    .map((word) => word[0])
    .slice(0, 2)
    .join("");
  return h("span", { class: `face ${size} hue-${index < 0 ? 9 : index}`, "aria-hidden": "true" }, letters);
}

/** Give the name under which somebody writes. */
export function nameOf(userId) {
  return userId === bot().user_id ? bot().name : (userNamed(userId)?.real_name ?? userId);
}

/** Draw the switch: each is a link to the same place, or to the first that they may see. */
export function drawSwitch() {
  const people = session.state.users.filter((user) => !user.deleted);
  const links = people.map((user) => {
    const isSelf = user.id === session.userId;
    const href = address({ userId: user.id });
    return h(
      "a",
      {
        class: "person",
        href,
        "aria-current": isSelf ? "true" : undefined,
        title: `${user.real_name}, ${user.tz}`,
      },
      face(user.id, "small"),
      h("span", {}, user.real_name.split(" ")[0]),
    );
  });
  return h("nav", { class: "people", "aria-label": "Look through the eyes of" }, links);
}
