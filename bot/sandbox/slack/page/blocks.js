/** Block Kit as nodes (https://docs.slack.dev/reference/block-kit/blocks). */

import { drawButton } from "./acting.js";
import { control, isControl } from "./controls.js";
import { freshId, h } from "./dom.js";
import { drawInput } from "./inputs.js";
import { openMenu } from "./menu.js";
import { mrkdwn, textObject } from "./mrkdwn.js";
import { richText } from "./richtext.js";
import { session } from "./session.js";
import { isoDate } from "./zone.js";

/** Draw a block. `around` has the `hands` that press in it; in a view also its `view` and `form`. */
export function drawBlock(block, around) {
  const draw = BLOCKS[block.type];
  if (draw) return draw(block, around);
  return h("p", { class: "block hint" }, `This page cannot draw a block of type ${block.type}.`);
}

/** Name each block so that it is redrawn in place: an input by its ID, others by which of their kind they are. */
export function blockKeys(blocks) {
  const counts = {};
  return blocks.map(({ type, block_id: id }) => {
    if (type === "input") return `input ${id}`;
    counts[type] = (counts[type] ?? 0) + 1;
    return `${type} ${counts[type]}`;
  });
}

/**
 * Give what a block looks like. What an input starts with does not count: what was filled in stays for as long as
 * its ID does. The day does, for dates are written as today or tomorrow.
 */
export function blockSign(block) {
  const isStart = (name) => block.type === "input" && name.startsWith("initial_");
  const looks = JSON.stringify(block, (name, value) => (isStart(name) ? undefined : value));
  return `${isoDate(session.screen.now)} ${looks}`;
}

function section(block, around) {
  const words = block.text && h("div", { class: "text-block" }, ...textObject(block.text));
  const fields =
    block.fields &&
    h(
      "div",
      { class: "fields" },
      block.fields.map((one) => h("div", {}, ...textObject(one))),
    );
  const label = block.text?.text ?? "";
  const beside =
    block.accessory && h("div", { class: "accessory" }, drawElement(block, block.accessory, around, label));
  return h("div", { class: "block section" }, h("div", { class: "words" }, words, fields), beside);
}

function actions(block, around) {
  return h(
    "div",
    { class: "block actions" },
    block.elements.map((one) => drawElement(block, one, around)),
  );
}

function context(block) {
  const drawn = block.elements.map((one) =>
    one.type === "image" ? picture(one) : h("span", {}, ...textObject(one)),
  );
  return h("div", { class: "block context" }, drawn);
}

function image(block) {
  const title = block.title && h("figcaption", {}, ...textObject(block.title));
  return h("figure", { class: "block image" }, title, picture(block));
}

/** Draw a picture that the app uploaded. One from elsewhere is not loaded: its words stand there instead. */
function picture({ slack_file: file, alt_text: words }) {
  const id = file?.id ?? file?.url?.match(/-(F[A-Z0-9]+)\//)?.[1];
  if (id) return h("img", { src: `/files/${id}`, alt: words });
  return h("span", { class: "absent", role: "img", "aria-label": words }, words);
}

function drawElement(block, element, around, label = "") {
  const { hands } = around;
  if (element.type === "button" || element.type === "icon_button") return drawButton(hands, block, element);
  if (element.type === "image") return picture(element);
  if (element.type === "overflow") return overflow(block, element, hands);
  if (!isControl(element.type)) return h("p", { class: "hint" }, `This page cannot draw a ${element.type}.`);
  return chosenAtOnce(block, element, around, label);
}

function overflow(block, element, hands) {
  const button = h(
    "button",
    {
      type: "button",
      class: "button overflow",
      "aria-label": "More",
      "aria-haspopup": "menu",
      "aria-expanded": "false",
    },
    "⋯",
  );
  const items = element.options.map((option) => ({
    name: option.text.text,
    description: option.description?.text,
    href: option.url,
    act: () => hands.press(button, block, element, option.value),
  }));
  button.addEventListener("click", () => openMenu(button, items, "More"));
  return button;
}

function chosenAtOnce(block, element, { hands, view }, label) {
  const root = h("div", { class: "at-once" });
  const hears = {
    dispatches: true,
    typed: () => {},
    chose: (value) => hands.press(root, block, element, value),
    suggest: (typed) => hands.suggest(block, element, typed),
  };
  const name = label.replace(/[*_~`]/g, "").slice(0, 80) || element.placeholder?.text || "Choose";
  const entry = view?.state.values[block.block_id]?.[element.action_id];
  root.append(control(element, entry, hears, { names: { "aria-label": name } }));
  return root;
}

function table(block) {
  const row = (tag) => (cells) =>
    h("tr", {}, cells.map((one) => h(tag, {}, one.type === "raw_text" ? one.text : richText(one))));
  const [head, ...rest] = block.rows;
  return h("table", { class: "block" }, h("thead", {}, row("th")(head)), h("tbody", {}, rest.map(row("td"))));
}

function card(block, around) {
  const words = [block.title && h("strong", {}, ...textObject(block.title)), block.subtitle, block.body];
  const lines = words.map((one) => (one?.text ? h("p", {}, ...textObject(one)) : one));
  const pictures = [block.hero_image, block.icon].filter(Boolean).map(picture);
  const pressed = block.actions && actions({ ...block, elements: block.actions }, around);
  return h("div", { class: "block card" }, pictures, lines, pressed);
}

const BLOCKS = {
  alert: (block) => h("div", { class: "block card", role: "note" }, ...textObject(block.text)),
  card,
  section,
  actions,
  context,
  context_actions: actions,
  image,
  table,
  divider: () => h("hr", { class: "block" }),
  header: (block) => h("h3", { class: "block header" }, ...textObject(block.text)),
  input: (block, around) => drawInput(block, around, freshId("input")),
  markdown: (block) => h("div", { class: "block text-block" }, ...mrkdwn(block.text, { typed: true })),
  rich_text: (block) => h("div", { class: "block text-block" }, richText(block)),
};

/** What this page can draw. */
export const BLOCK_TYPES = Object.keys(BLOCKS);
