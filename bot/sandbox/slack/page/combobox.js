/** A search field with a list of what is found: for collections, conversations and people. */

import { freshId, h, settled } from "./dom.js";
import { withEmoji } from "./emoji.js";
import { icon } from "./icons.js";
import { layer, place } from "./menu.js";

const TYPING = 200;

/**
 * Draw one. `search(text)` gives or promises the options that fit, each `{text, value, description}`;
 * `chosen` is the present one, `choose(option)` hears of another, of null when it is emptied. One that does not
 * keep (`keeps`) is empty again after each choice.
 */
export function combobox({ id, names, placeholder, chosen, search, choose, least = 0, keeps = true }) {
  return new Combobox({ id, names, placeholder, chosen, search, choose, least, keeps }).root;
}

class Combobox {
  constructor({ id, names, placeholder, chosen, search, choose, least, keeps }) {
    Object.assign(this, { chosen, search, choose, least, keeps, options: [], active: -1, asked: 0 });
    this.list = h("div", {
      class: "options",
      role: "listbox",
      id: freshId("options"),
      "aria-label": "Results",
    });
    this.input = h("input", {
      id,
      type: "text",
      role: "combobox",
      autocomplete: "off",
      spellcheck: "false",
      placeholder,
      "aria-autocomplete": "list",
      "aria-expanded": "false",
      "aria-controls": this.list.id,
      ...names,
    });
    this.empty = h(
      "button",
      { type: "button", class: "clear", "aria-label": "Clear", on: { click: () => this.clear() } },
      icon("close"),
    );
    this.root = h("div", { class: "combobox" }, this.input, this.empty, icon("chevron"));
    const ask = settled(() => this.ask(this.input.value), TYPING);
    const listeners = {
      input: () => {
        this.unfold(h("p", {}, "Searching…"));
        ask();
      },
      click: () => this.isOpen || this.ask(""),
      focus: () => this.input.select(),
      blur: () => this.fold(),
      keydown: (event) => this.move(event),
    };
    for (const [event, listener] of Object.entries(listeners)) this.input.addEventListener(event, listener);
    // A press on the list must not take the focus away before it counts as a choice.
    this.list.addEventListener("mousedown", (event) => event.preventDefault());
    this.follow = () => place(this.list, this.root, { wide: true });
    this.show();
  }

  get isOpen() {
    return this.list.isConnected;
  }

  async ask(text) {
    const number = (this.asked += 1);
    if (text.length < this.least) {
      this.unfold(h("p", {}, `Type ${this.least} ${this.least === 1 ? "character" : "characters"} or more.`));
      return;
    }
    this.unfold(h("p", {}, "Searching…"));
    this.root.setAttribute("aria-busy", "true");
    try {
      const options = await this.search(text);
      if (number === this.asked && document.activeElement === this.input) this.offer(options);
    } catch (problem) {
      if (number === this.asked)
        this.unfold(h("p", { role: "alert" }, `Nothing could be loaded. ${problem.message}`));
    } finally {
      if (number === this.asked) this.root.removeAttribute("aria-busy");
    }
  }

  offer(options) {
    this.options = options;
    const drawn = options.map((option, index) =>
      h(
        "div",
        {
          role: "option",
          id: `${this.list.id}-${index}`,
          "aria-selected": String(option.value === this.chosen?.value),
          on: { click: () => this.take(index) },
        },
        h("span", {}, withEmoji(option.text)),
        option.description && h("small", {}, withEmoji(option.description)),
      ),
    );
    this.unfold(...(drawn.length ? drawn : [h("p", {}, "Nothing was found.")]));
    this.activate(
      options.length
        ? Math.max(
            0,
            options.findIndex((one) => one.value === this.chosen?.value),
          )
        : -1,
    );
  }

  unfold(...content) {
    this.active = -1;
    this.list.replaceChildren(...content);
    if (!this.isOpen) layer(this.root).append(this.list);
    document.addEventListener("scroll", this.follow, true);
    this.follow();
    this.input.setAttribute("aria-expanded", "true");
  }

  fold() {
    this.asked += 1;
    this.options = [];
    this.list.remove();
    document.removeEventListener("scroll", this.follow, true);
    this.root.removeAttribute("aria-busy");
    this.input.setAttribute("aria-expanded", "false");
    this.input.removeAttribute("aria-activedescendant");
    this.show();
  }

  show() {
    this.input.value = this.chosen ? withEmoji(this.chosen.text) : "";
    this.empty.hidden = !this.chosen;
  }

  activate(index) {
    this.active = index;
    [...this.list.children].forEach((node, place_) => node.classList?.toggle("active", place_ === index));
    const node = this.list.children[index];
    if (index < 0 || !node) return;
    this.input.setAttribute("aria-activedescendant", node.id);
    node.scrollIntoView({ block: "nearest" });
  }

  take(index) {
    const option = this.options[index];
    if (!option) return;
    this.chosen = this.keeps ? option : null;
    this.fold();
    this.choose(option);
  }

  clear() {
    this.chosen = null;
    this.show();
    this.input.focus();
    this.choose(null);
  }

  move(event) {
    const count = this.options.length;
    if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      event.preventDefault();
      if (!this.isOpen) this.ask("");
      else if (count) this.activate((this.active + (event.key === "ArrowDown" ? 1 : count - 1)) % count);
    } else if (event.key === "Enter" && this.isOpen) {
      event.preventDefault();
      this.take(this.active);
    } else if (event.key === "Escape" && this.isOpen) {
      event.preventDefault();
      event.stopPropagation();
      this.fold();
    }
  }
}
