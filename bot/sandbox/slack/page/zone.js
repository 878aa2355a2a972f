/** Times as a person reads them, in their own time zone; all moments are seconds since the epoch. */

import { session, zone } from "./session.js";

const DAY = 86_400;
const formats = new Map();

function format(options) {
  const name = `${zone()} ${JSON.stringify(options)}`;
  if (!formats.has(name))
    formats.set(name, new Intl.DateTimeFormat("en-US", { timeZone: zone(), ...options }));
  return formats.get(name);
}

const LONG = { month: "long", day: "numeric", year: "numeric" };
const SHORT = { month: "short", day: "numeric", year: "numeric" };
const dayOf = (at) => format({ year: "numeric", month: "2-digit", day: "2-digit" }).format(at * 1000);

/** Say which day it is: Today and Yesterday by name. */
export function prettyDay(at, otherwise = LONG) {
  const now = session.screen?.now ?? at;
  for (const [name, moment] of [
    ["Today", now],
    ["Yesterday", now - DAY],
    ["Tomorrow", now + DAY],
  ]) {
    if (dayOf(at) === dayOf(moment)) return name;
  }
  return format(otherwise).format(at * 1000);
}

export const clockTime = (at) => format({ hour: "numeric", minute: "2-digit" }).format(at * 1000);
export const fullTime = (at) =>
  format({
    weekday: "long",
    ...LONG,
    hour: "numeric",
    minute: "2-digit",
    second: "2-digit",
    timeZoneName: "short",
  }).format(at * 1000);

/** The tokens of `<!date^…>` (https://docs.slack.dev/messaging/formatting-message-text#date-formatting). */
const TOKENS = {
  date_num: (at) => isoDate(at),
  date: (at) => format(LONG).format(at * 1000),
  date_short: (at) => format(SHORT).format(at * 1000),
  date_long: (at) => format({ weekday: "long", ...LONG }).format(at * 1000),
  date_pretty: (at) => prettyDay(at),
  date_short_pretty: (at) => prettyDay(at, SHORT),
  date_long_pretty: (at) => prettyDay(at, { weekday: "long", ...LONG }),
  time: clockTime,
  time_secs: (at) => format({ hour: "numeric", minute: "2-digit", second: "2-digit" }).format(at * 1000),
  ago: (at) => `${Math.max(1, Math.round((session.screen.now - at) / 60))} minutes ago`,
};

/** Fill in the tokens of a date format, such as `{date_short_pretty} at {time}`. */
export function dated(at, pattern) {
  const words = pattern.replace(/\{(\w+)\}/g, (whole, name) => TOKENS[name]?.(at) ?? whole);
  const isInSentence = /^\{date\w*_pretty\}/.test(pattern) && /^(Today|Yesterday|Tomorrow)/.test(words);
  return isInSentence ? words[0].toLowerCase() + words.slice(1) : words;
}

function parts(at) {
  const options = {
    hourCycle: "h23",
    year: "numeric",
    month: "2-digit",
    day: "2-digit",
    hour: "2-digit",
    minute: "2-digit",
  };
  return Object.fromEntries(
    format(options)
      .formatToParts(at * 1000)
      .map(({ type, value }) => [type, value]),
  );
}

/** Give the day as `2026-02-28`. */
export function isoDate(at) {
  const { year, month, day } = parts(at);
  return `${year}-${month}-${day}`;
}

/** Give the time of day as `23:59`. */
export function isoTime(at) {
  const { hour, minute } = parts(at);
  return `${hour}:${minute}`;
}

/** Give the moment at which the person's clock shows this day and time. */
export function momentOf(date, time) {
  const wanted = Date.parse(`${date}T${time}Z`) / 1000;
  let moment = wanted;
  // Twice: the first guess may lie on the other side of a change to or from daylight saving.
  for (let round = 0; round < 2; round += 1) {
    moment += wanted - Date.parse(`${isoDate(moment)}T${isoTime(moment)}Z`) / 1000;
  }
  return moment;
}
