/** A field in which several may be chosen: each with a button that takes it away, and a search for more. */

import { combobox } from "./combobox.js";
import { fill, h } from "./dom.js";
import { withEmoji } from "./emoji.js";
import { icon } from "./icons.js";

/** Draw one, as `combobox` does; `chosen` are the present ones, `choose(options)` hears of every change. */
export function several({ id, names, placeholder, chosen, most = Infinity, search, choose, least }) {
  let all = chosen;
  const list = h("ul", { class: "chosen", "aria-label": "Chosen" });
  const more = h("div", {});
  const box = combobox({
    id,
    names,
    placeholder,
    least,
    keeps: false,
    search: async (typed) =>
      (await search(typed)).filter((option) => !all.some((one) => one.value === option.value)),
    choose: (option) => option && change([...all, option]),
  });
  const enough = h("p", { class: "hint" }, `No more than ${most} can be chosen.`);
  const draw = () => {
    list.hidden = !all.length;
    fill(list, all.map(drawOne));
    fill(more, all.length < most ? box : enough);
  };
  const change = (options) => {
    all = options;
    draw();
    const field = box.querySelector("input");
    (field.isConnected ? field : list.querySelector("button")).focus();
    choose(all);
  };
  const drawOne = (option) => {
    const remove = () => change(all.filter((one) => one.value !== option.value));
    const button = h(
      "button",
      { type: "button", "aria-label": `Remove ${option.text}`, on: { click: remove } },
      icon("close"),
    );
    return h("li", {}, h("span", {}, withEmoji(option.text)), button);
  };
  draw();
  return h("div", { class: "several" }, list, more);
}
