/** Input blocks: a label, a control, a hint, and what is wrong with what was filled in. */

import { control } from "./controls.js";
import { h } from "./dom.js";
import { textObject } from "./mrkdwn.js";

const GROUPS = new Set(["checkboxes", "radio_buttons"]);
const IN_PARTS = new Set(["datetimepicker"]);

/** Draw an input block of a view. `around.form` keeps what is filled in (see `forms`). */
export function drawInput(block, { form, view }, id) {
  const { element } = block;
  const isGroup = GROUPS.has(element.type);
  const [labelId, hintId, problemId] = [`${id}-label`, `${id}-hint`, `${id}-problem`];
  const described = [block.hint && hintId, problemId].filter(Boolean).join(" ");
  const names = {
    "aria-describedby": described,
    "aria-labelledby": isGroup ? labelId : undefined,
    "aria-label": IN_PARTS.has(element.type) ? block.label.text : undefined,
    "aria-required": !block.optional && !isGroup ? "true" : undefined,
  };
  const optional = block.optional && h("span", { class: "optional" }, " (optional)");
  const label = h(
    isGroup ? "div" : "label",
    { id: labelId, class: "label", for: isGroup ? undefined : id },
    ...textObject(block.label),
    optional,
  );
  const entry = form.entry(view, block);
  const problem = h("p", { class: "problem", id: problemId, hidden: true });
  const root = h(
    "div",
    { class: "block input", dataset: { block: block.block_id } },
    label,
    control(element, entry, form.hears(block), { id, names }),
    block.hint && h("p", { class: "hint", id: hintId }, ...textObject(block.hint)),
    problem,
  );
  return root;
}

/** Show what is wrong with an input block, or with `""` that nothing is. */
export function showProblem(root, sentence) {
  const problem = root.querySelector(".problem");
  problem.hidden = !sentence;
  problem.textContent = sentence;
  for (const field of root.querySelectorAll("input, select, textarea")) {
    if (sentence) field.setAttribute("aria-invalid", "true");
    else field.removeAttribute("aria-invalid");
  }
}
