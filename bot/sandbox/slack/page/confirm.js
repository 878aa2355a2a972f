/** The question that stands before a button's press. */

import { freshId, h } from "./dom.js";
import { textObject } from "./mrkdwn.js";

/** Ask; gives true if the person confirms (https://docs.slack.dev/reference/block-kit/composition-objects/confirmation-dialog-object). */
export function confirmed(question) {
  const [title, words] = [freshId("title"), freshId("words")];
  const answer = (value) => () => dialog.close(value);
  const dialog = h(
    "dialog",
    { class: "modal confirm", "aria-labelledby": title, "aria-describedby": words },
    h("header", {}, h("h2", { id: title }, ...textObject(question.title))),
    h("div", { class: "modal-body", id: words }, h("p", {}, ...textObject(question.text))),
    h(
      "footer",
      {},
      h(
        "button",
        { type: "button", class: "button", on: { click: answer("") } },
        ...textObject(question.deny),
      ),
      h(
        "button",
        {
          type: "button",
          class: `button ${question.style === "danger" ? "danger filled" : "primary"}`,
          on: { click: answer("yes") },
        },
        ...textObject(question.confirm),
      ),
    ),
  );
  document.body.append(dialog);
  return new Promise((resolve) => {
    dialog.addEventListener("close", () => {
      dialog.remove();
      resolve(dialog.returnValue === "yes");
    });
    dialog.showModal();
    dialog.querySelector("footer button").focus();
  });
}
