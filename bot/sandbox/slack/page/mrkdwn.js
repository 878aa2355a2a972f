/** Slack's own markup as nodes (https://docs.slack.dev/messaging/formatting-message-text). */

import { h } from "./dom.js";
import { emojiNamed, withEmoji } from "./emoji.js";
import { address, session, userNamed } from "./session.js";
import { dated, fullTime } from "./zone.js";

const INLINE = new RegExp(
  [
    "```(?<block>[\\s\\S]+?)```",
    "`(?<code>[^`\\n]+)`",
    "<(?<token>[^<>\\n]+)>",
    "(?<url>https?:\\/\\/[^\\s<>|]+[^\\s<>|.,;:!?)\\]])",
    "(?<![\\w*])\\*(?=\\S)(?<bold>[^*\\n]+?)(?<=\\S)\\*(?![\\w*])",
    "(?<![\\w_])_(?=\\S)(?<italic>[^_\\n]+?)(?<=\\S)_(?![\\w_])",
    "(?<![\\w~])~(?=\\S)(?<strike>[^~\\n]+?)(?<=\\S)~(?![\\w~])",
    ":(?<emoji>[a-z0-9_+-]+):",
  ].join("|"),
);

/**
 * Draw a text. What an app sends is escaped; what a person `typed` is as it is, and nothing in it is a mention.
 * In `verbatim` text an address becomes a link only where it is marked as one.
 */
export function mrkdwn(text, { typed = false, verbatim = false } = {}) {
  const write = typed ? (words) => words : unescaped;
  return quoted(text, (part) => inline(part, write, verbatim));
}

/** Draw a text object: mrkdwn or plain. */
export function textObject(object) {
  if (!object) return [];
  if (object.type === "mrkdwn") return mrkdwn(object.text, object);
  return [object.emoji === false ? object.text : withEmoji(object.text)];
}

const unescaped = (text) => text.replaceAll("&lt;", "<").replaceAll("&gt;", ">").replaceAll("&amp;", "&");

function quoted(text, draw) {
  const nodes = [];
  let quote = [];
  let plain = [];
  const flush = () => {
    if (quote.length) nodes.push(h("blockquote", {}, draw(quote.join("\n"))));
    if (plain.length) nodes.push(...draw(plain.join("\n")));
    quote = [];
    plain = [];
  };
  for (const line of text.split("\n")) {
    const [, cited] = line.match(/^(?:&gt;|>) ?(.*)$/) ?? [];
    if ((cited !== undefined) !== quote.length > 0) flush();
    (cited === undefined ? plain : quote).push(cited ?? line);
  }
  flush();
  return nodes;
}

function inline(text, write, verbatim) {
  const nodes = [];
  let rest = text;
  for (let found = INLINE.exec(rest); found; found = INLINE.exec(rest)) {
    if (found.index) nodes.push(write(rest.slice(0, found.index)));
    nodes.push(drawn(found, write, verbatim));
    rest = rest.slice(found.index + found[0].length);
  }
  if (rest) nodes.push(write(rest));
  return nodes;
}

function drawn(found, write, verbatim) {
  const { block, code, token, url, bold, italic, strike, emoji } = found.groups;
  if (block !== undefined) return h("pre", {}, write(block.replace(/^\n/, "")));
  if (code !== undefined) return h("code", {}, write(code));
  if (token !== undefined) return write === unescaped ? special(token) : found[0];
  if (url !== undefined) return verbatim ? write(url) : link(write(url));
  if (bold !== undefined) return h("strong", {}, inline(bold, write, verbatim));
  if (italic !== undefined) return h("em", {}, inline(italic, write, verbatim));
  if (strike !== undefined) return h("s", {}, inline(strike, write, verbatim));
  return emojiNamed(emoji) ?? found[0];
}

function special(token) {
  const [target, label] = token.split(/\|(.*)/s);
  if (target.startsWith("@"))
    return mention(`@${userNamed(target.slice(1))?.name ?? botName(target) ?? label ?? target}`);
  if (target.startsWith("#")) return channelLink(target.slice(1), label);
  if (target.startsWith("!date^")) return date(target, label);
  if (target.startsWith("!")) return mention(label ?? `@${target.slice(1)}`);
  return link(unescaped(target), label === undefined ? undefined : unescaped(label));
}

function botName(target) {
  return target.slice(1) === session.state.bot.user_id ? session.state.bot.name : undefined;
}

const mention = (words) => h("span", { class: "mention" }, words);

function channelLink(id, label) {
  const channel = session.state.channels.find((one) => one.id === id);
  const isMine = session.screen?.conversations.some((one) => one.id === id);
  if (!channel || !isMine)
    return mention(channel?.is_private ? "a private channel" : `#${channel?.name ?? label ?? id}`);
  return h("a", { class: "mention", href: address({ place: { channel: id } }) }, `#${channel.name}`);
}

function date(target, fallback) {
  const [, seconds, pattern, url] = target.split("^");
  const at = Number(seconds);
  if (!Number.isFinite(at)) return unescaped(fallback ?? "");
  const time = h(
    "time",
    { datetime: new Date(at * 1000).toISOString(), title: fullTime(at) },
    dated(at, pattern),
  );
  return url ? link(url, time) : time;
}

/** Draw a link that opens beside this page; one that is no web or mail address stays text. */
export function link(url, label = url) {
  if (!/^(https?:\/\/|mailto:)/i.test(url)) return h("span", {}, label);
  return h("a", { href: url, target: "_blank", rel: "noopener noreferrer" }, label);
}
