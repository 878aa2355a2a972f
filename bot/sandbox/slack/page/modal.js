/** Modals: the uppermost of a person's open views, in one dialog. */

import { Hands, busy } from "./acting.js";
import { complain } from "./alerts.js";
import { blockKeys, blockSign, drawBlock } from "./blocks.js";
import { fill, h, reconcile } from "./dom.js";
import { Form } from "./forms.js";
import { icon } from "./icons.js";
import { showProblem } from "./inputs.js";
import { withEmoji } from "./emoji.js";
import { perform, session } from "./session.js";

const FIELDS = "input:not([type=hidden]), select, textarea";

const title = h("h2", { id: "modal-title", tabindex: "-1" });
const header = h("header", {});
const alerts = h("div", { class: "alerts" });
const bodies = h("div", { class: "modal-bodies" });
const footer = h("footer", {});
const dialog = h("dialog", { class: "modal", "aria-labelledby": title.id }, header, alerts, bodies, footer);
const shown = new Map();

document.body.append(dialog);
// Before the browser sees it: at a second Escape it would close the dialog with all that lies below this view.
dialog.addEventListener("keydown", (event) => {
  if (event.key !== "Escape" || event.isComposing) return;
  event.preventDefault();
  close();
});
dialog.addEventListener("cancel", (event) => {
  event.preventDefault();
  close();
});
// However it was closed: it is open for as long as there are views.
dialog.addEventListener("close", () => drawViews());

/** Draw the views that are open. */
export function drawViews() {
  const views = session.screen?.views ?? [];
  for (const [id, one] of shown) {
    if (views.some((view) => view.id === id)) continue;
    one.body.remove();
    shown.delete(id);
  }
  const top = views.at(-1);
  if (!top) {
    if (dialog.open) dialog.close();
    alerts.replaceChildren();
    return;
  }
  const isNew = !shown.has(top.id);
  const one = shown.get(top.id) ?? begin(top);
  const isOnTop = !one.body.hidden && !isNew;
  for (const other of shown.values()) other.body.hidden = other !== one;
  draw(one, top, views.length);
  if (!dialog.open) dialog.showModal();
  if (isNew || !isOnTop) enter(one);
  else if (!dialog.contains(document.activeElement)) title.focus();
}

function begin(view) {
  const body = h("form", { class: "modal-body", novalidate: true });
  const form = new Form(view.id, { changed: (blockId) => clearProblem(body, blockId) });
  const one = {
    id: view.id,
    body,
    form,
    hands: new Hands({ view_id: view.id }, { before: () => form.flush() }),
  };
  form.submit = () => submit(one);
  body.addEventListener("submit", (event) => event.preventDefault());
  bodies.append(body);
  shown.set(view.id, one);
  return one;
}

function enter(one) {
  const first = one.body.querySelector(FIELDS);
  (first ?? title).focus({ preventScroll: true });
  alerts.replaceChildren();
}

function draw(one, view, depth) {
  one.view = view;
  const keys = blockKeys(view.blocks);
  reconcile(one.body, view.blocks, {
    key: (_block, index) => keys[index],
    sign: blockSign,
    draw: (block) => drawBlock(block, { hands: one.hands, form: one.form, view }),
  });
  const chrome = JSON.stringify([view.id, view.title, view.close, view.submit, depth]);
  if (chrome === dialog.dataset.chrome) return;
  dialog.dataset.chrome = chrome;
  fill(title, withEmoji(view.title.text));
  const back = depth > 1 && button("back", "Back", () => close());
  fill(
    header,
    back,
    title,
    button("close", depth > 1 ? "Close all" : "Close", () => close({ clear: true })),
  );
  const cancel = h(
    "button",
    { type: "button", class: "button", on: { click: () => close() } },
    withEmoji(view.close?.text ?? "Close"),
  );
  const send =
    view.submit &&
    h(
      "button",
      { type: "button", class: "button primary", on: { click: () => submit(one) } },
      h("span", { class: "label" }, withEmoji(view.submit.text)),
    );
  fill(footer, cancel, send);
}

function button(picture, name, act) {
  return h(
    "button",
    { type: "button", class: "quiet", "aria-label": name, on: { click: act } },
    icon(picture),
  );
}

async function close({ clear = false } = {}) {
  const top = session.screen?.views.at(-1);
  if (!top) return;
  await shown.get(top.id)?.form.flush();
  try {
    await perform("close", { view_id: top.id, clear });
  } catch (problem) {
    if (problem.code !== "not_found") complain(problem);
  }
}

async function submit(one) {
  const send = footer.querySelector(".primary");
  if (!send || send.getAttribute("aria-busy")) return;
  for (const root of one.body.querySelectorAll(".input")) showProblem(root, "");
  alerts.replaceChildren();
  await busy(send, async () => {
    await one.form.flush();
    try {
      const answer = await perform("submit", { view_id: one.id });
      if (answer.response_action === "errors") showProblems(one, answer.errors);
    } catch (problem) {
      if (problem.code === "missing_required_fields") {
        showProblems(
          one,
          Object.fromEntries(problem.fields.map((name) => [name, "Please complete this required field."])),
        );
      } else if (problem.code === "invalid_fields") showProblems(one, problem.errors);
      else throw problem;
    }
  });
}

function inputNamed(body, blockId) {
  return body.querySelector(`[data-block="${CSS.escape(blockId)}"]`);
}

function showProblems(one, problems) {
  const roots = Object.entries(problems).map(([blockId, sentence]) => {
    const root = inputNamed(one.body, blockId);
    if (root) showProblem(root, sentence);
    return root;
  });
  const first = [...one.body.querySelectorAll(".input")].find((root) => roots.includes(root));
  first?.querySelector(FIELDS)?.focus();
  first?.scrollIntoView({ block: "nearest" });
}

function clearProblem(body, blockId) {
  const root = inputNamed(body, blockId);
  if (root) showProblem(root, "");
}
