/** Who looks at what: the person, the place, and what the pretend Slack says is there. */

import { act, see } from "./api.js";

/**
 * `state` is the workspace, `screen` what the person's window shows (see the acts of these names).
 * `place` is where the person is: `{channel}`, or `{app: "home" | "messages"}`; `thread` is the open one's `ts`.
 */
export const session = { state: null, screen: null, userId: "", place: {}, thread: "" };

/** Which change the screen shows: of two that are fetched at once, the older may come last. */
let latest = 0;

export const person = () => session.state.users.find((user) => user.id === session.userId);
export const zone = () => person()?.tz ?? "UTC";
export const bot = () => session.state.bot;
/** Give the app's first command, or undefined. */
export const firstCommand = () => session.state.commands[0]?.command;
export const userNamed = (id) => session.state.users.find((user) => user.id === id);
export const direct = () => session.screen?.conversations.find((one) => one.kind === "im");

/** Give the conversation that is open; none while the Home tab is. */
export function conversation() {
  if (session.place.app === "home") return undefined;
  if (session.place.app) return direct();
  return session.screen?.conversations.find((one) => one.id === session.place.channel);
}

/** Do something as the person who is looking. */
export const perform = (name, body = {}) => act(name, { user_id: session.userId, ...body });

/** Give the address of a place in this page. */
export function address({ userId = session.userId, place = session.place, thread = "" } = {}) {
  const where = place.app ? `app/${place.app}` : place.channel;
  return `#/${userId}/${where}${thread ? `/thread/${thread}` : ""}`;
}

/** Go to a place; the page is redrawn from its address. */
export function go(there) {
  location.hash = address(there);
}

/** Read the page's address; what it leaves open is the first person, and the first channel. */
export function readAddress() {
  const [userId, ...rest] = location.hash.replace(/^#\//, "").split("/");
  const people = session.state.users.filter((user) => !user.deleted);
  session.userId = people.some((user) => user.id === userId) ? userId : people[0].id;
  const isHome = rest[0] === "app";
  session.place = isHome
    ? { app: rest[1] === "home" ? "home" : "messages" }
    : { channel: rest[0] || firstChannel() };
  session.thread = rest.at(-2) === "thread" ? rest.at(-1) : "";
}

/** Give the first channel that the person is in, or undefined. */
export function firstChannel() {
  return session.state.channels.find((one) => !one.is_im && one.members.includes(session.userId))?.id;
}

/** Fetch what the window shows. `after` is the number of the latest change that was seen before. */
export async function look(after) {
  const { userId, place } = session;
  const where = place.channel
    ? { channel_id: place.channel }
    : { dm: 1, home: place.app === "home" ? 1 : "" };
  const screen = await see("screen", { user_id: userId, ...where, after });
  const hasMoved = userId !== session.userId || place !== session.place;
  const isOld = hasMoved || screen.number < latest;
  if (!isOld) {
    session.screen = screen;
    latest = screen.number;
  }
  return { screen, isOld };
}

/** Fetch the workspace; its changes may be counted anew. */
export async function meet() {
  latest = 0;
  session.state = await see("state");
}
