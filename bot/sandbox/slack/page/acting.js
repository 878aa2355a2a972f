/** Pressing and choosing what an app has put into a message or a view. */

import { complain } from "./alerts.js";
import { confirmed } from "./confirm.js";
import { h } from "./dom.js";
import { icon } from "./icons.js";
import { textObject } from "./mrkdwn.js";
import { perform } from "./session.js";

/**
 * Someone's hands in one message or view. `target` names it for the act `click`; `before` is done first, such
 * as bringing what was typed to Slack.
 */
export class Hands {
  constructor(target, { before = async () => {} } = {}) {
    this.target = target;
    this.before = before;
  }

  /** Press or choose; the node shows that something is under way until Slack has an answer from the app. */
  async press(node, block, element, value) {
    if (node.getAttribute("aria-busy")) return false;
    if (element.confirm && !(await confirmed(element.confirm))) return false;
    return busy(node, async () => {
      await this.before();
      await perform("click", {
        ...this.target,
        block_id: block.block_id,
        action_id: element.action_id,
        value,
      });
    });
  }

  /** Ask the app for options. */
  async suggest(block, element, typed) {
    await this.before();
    const names = { block_id: block.block_id, action_id: element.action_id };
    return (await perform("suggest", { ...this.target, ...names, value: typed })).options;
  }
}

/** Do something while a node shows that it is under way; what goes wrong is said in a bar. */
export async function busy(node, work) {
  node.setAttribute("aria-busy", "true");
  try {
    await work();
    return true;
  } catch (problem) {
    complain(problem);
    return false;
  } finally {
    node.removeAttribute("aria-busy");
  }
}

/** Draw a button of an app's; with an address it is a link, and the app hears of it all the same. */
export function drawButton(hands, block, element) {
  const inside = [h("span", { class: "label" }, ...textObject(element.text))];
  const style = `button ${element.style ?? ""}`;
  const common = {
    class: style,
    "aria-label": element.accessibility_label,
    dataset: { focus: `${element.action_id} ${element.value ?? ""}` },
  };
  if (element.url) {
    const link = h(
      "a",
      { ...common, href: element.url, target: "_blank", rel: "noopener noreferrer" },
      inside,
      icon("external"),
    );
    link.addEventListener("click", () => hands.press(link, block, { ...element, confirm: null }));
    return link;
  }
  const button = h("button", { ...common, type: "button" }, inside);
  button.addEventListener("click", () => hands.press(button, block, element));
  return button;
}
