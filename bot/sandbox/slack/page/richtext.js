/** Rich text blocks (https://docs.slack.dev/reference/block-kit/blocks/rich-text-block). */

import { h } from "./dom.js";
import { emojiNamed } from "./emoji.js";
import { link, mrkdwn } from "./mrkdwn.js";

/** Draw a rich text block or one of its parts. */
export function richText(part) {
  const inside = () => part.elements.map(richText);
  switch (part.type) {
    case "rich_text":
      return h("div", {}, inside());
    case "rich_text_list":
      return h(
        part.style === "ordered" ? "ol" : "ul",
        {},
        part.elements.map((one) => h("li", {}, richText(one))),
      );
    case "rich_text_quote":
      return h("blockquote", {}, inside());
    case "rich_text_preformatted":
      return h("pre", {}, inside());
    case "rich_text_section":
      return h("div", {}, inside());
    default:
      return styled(leaf(part), part.style ?? {});
  }
}

function leaf(part) {
  switch (part.type) {
    case "emoji":
      return emojiNamed(part.name) ?? `:${part.name}:`;
    case "link":
      return link(part.url, part.text);
    case "user":
      return mrkdwn(`<@${part.user_id}>`);
    case "channel":
      return mrkdwn(`<#${part.channel_id}>`);
    case "date":
      return mrkdwn(`<!date^${part.timestamp}^${part.format}|${part.fallback ?? ""}>`);
    default:
      return part.text ?? "";
  }
}

function styled(node, { bold, italic, strike, code }) {
  return [
    ["strong", bold],
    ["em", italic],
    ["s", strike],
    ["code", code],
  ].reduce((inside, [tag, isOn]) => (isOn ? h(tag, {}, inside) : inside), node);
}
