/** The app's Home tab. */

import { Hands } from "./acting.js";
import { blockKeys, blockSign, drawBlock } from "./blocks.js";
import { h, reconcile } from "./dom.js";
import { Form } from "./forms.js";
import { bot, perform, session } from "./session.js";

const panel = document.querySelector("#home");
let opened = "";
let form = null;

/** Draw the tab while it is open; the app hears each time that it is opened. */
export function drawHome() {
  const isOpen = session.place.app === "home";
  panel.hidden = !isOpen;
  if (!isOpen) {
    opened = "";
    return;
  }
  if (opened !== session.userId) {
    opened = session.userId;
    panel.replaceChildren();
    perform("home").catch(() => {});
  }
  const view = session.screen.home;
  if (!view) {
    if (!panel.children.length)
      panel.append(h("p", { class: "start" }, `${bot().name} has not drawn its Home tab yet.`));
    return;
  }
  if (form?.viewId !== view.id) form = new Form(view.id, { changed: () => {} });
  const hands = new Hands({ view_id: view.id }, { before: () => form.flush() });
  const keys = blockKeys(view.blocks);
  reconcile(panel, view.blocks, {
    key: (_block, index) => keys[index],
    sign: blockSign,
    draw: (block) => drawBlock(block, { hands, form, view }),
  });
}
