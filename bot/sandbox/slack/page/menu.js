/** Menus that open at a button: arrows move, Enter chooses, Escape returns to the button. */

import { h } from "./dom.js";
import { icon } from "./icons.js";

let open = null;

/** Open a menu; each item is `{name, description, icon, href, danger, act}`. */
export function openMenu(anchor, items, label) {
  const isSame = open?.anchor === anchor;
  closeMenu();
  if (isSame) return;
  const menu = h("div", { class: "menu", role: "menu", "aria-label": label }, items.map(drawItem));
  layer(anchor).append(menu);
  place(menu, anchor);
  anchor.setAttribute("aria-expanded", "true");
  menu.addEventListener("keydown", move);
  document.addEventListener("pointerdown", closeOutside, true);
  open = { menu, anchor };
  menu.querySelector("[role=menuitem]")?.focus();
}

function closeMenu() {
  if (!open) return;
  const { menu, anchor } = open;
  const hadFocus = menu.contains(document.activeElement);
  open = null;
  menu.remove();
  anchor.setAttribute("aria-expanded", "false");
  document.removeEventListener("pointerdown", closeOutside, true);
  if (hadFocus) anchor.focus();
}

/** Give the element in which something has to stand to lie on top: an open dialog, otherwise its part of the page. */
export const layer = (anchor) => anchor.closest("dialog, main, aside") ?? document.body;

/** Put a floating element at its anchor, above or below, within the window. */
export function place(floating, anchor, { wide = false } = {}) {
  const at = anchor.getBoundingClientRect();
  if (wide) floating.style.width = `${at.width}px`;
  const { offsetWidth: width, offsetHeight: height } = floating;
  const isAbove = at.bottom + height + 8 > innerHeight && at.top > height + 8;
  floating.style.top = `${Math.max(8, isAbove ? at.top - height - 4 : Math.min(at.bottom + 4, innerHeight - height - 8))}px`;
  floating.style.left = `${Math.max(8, Math.min(at.left, innerWidth - width - 8))}px`;
}

function drawItem(item) {
  const inside = [
    item.icon && icon(item.icon),
    h(
      "span",
      {},
      h("span", {}, item.name),
      item.description && h("small", {}, item.description),
    ),
  ];
  const chosen = () => {
    closeMenu();
    item.act?.();
  };
  const properties = {
    role: "menuitem",
    class: item.danger ? "danger" : "",
    tabindex: "-1",
    on: { click: chosen },
  };
  if (item.href)
    return h("a", { ...properties, href: item.href, target: "_blank", rel: "noopener noreferrer" }, inside);
  return h("button", { ...properties, type: "button" }, inside);
}

function move(event) {
  const items = [...open.menu.querySelectorAll("[role=menuitem]")];
  const now = items.indexOf(document.activeElement);
  const steps = { ArrowDown: now + 1, ArrowUp: now - 1, Home: 0, End: -1 };
  if (event.key in steps) {
    event.preventDefault();
    items.at(steps[event.key] % items.length).focus();
  } else if (event.key === "Escape") {
    event.preventDefault();
    event.stopPropagation();
    closeMenu();
  } else if (event.key === "Tab") {
    closeMenu();
  }
}

function closeOutside(event) {
  if (!open.menu.contains(event.target) && !open.anchor.contains(event.target)) closeMenu();
}
