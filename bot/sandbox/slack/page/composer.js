/** Where a person writes: messages, commands with their completion, and the menu of shortcuts. */

import { alertBar, complain } from "./alerts.js";
import { fill, freshId, h, settled } from "./dom.js";
import { icon } from "./icons.js";
import { layer, openMenu, place } from "./menu.js";
import { bot, conversation, firstCommand, perform, session } from "./session.js";

const TALLEST = 200;
const INVITE = "/invite";
const LINK = /https?:\/\/\S+/;

/** Draw the composer of the conversation that is open, or with `thread` of a thread in it. */
export function drawComposer(root, { thread = "" } = {}) {
  const here = conversation();
  const signature = JSON.stringify([session.userId, here?.id, here?.is_archived, thread]);
  if (root.dataset.drawn === signature) return;
  root.dataset.drawn = signature;
  if (!here) root.replaceChildren();
  else if (here.is_archived)
    fill(root, h("p", { class: "closed" }, "This channel is archived: nobody can write here any more."));
  else if (here.kind === "im") fill(root, closed());
  else fill(root, new Composer(here, thread).root);
}

function closed() {
  const command = firstCommand();
  const orElse = command ? `, or type ${command} in a channel` : "";
  const words = `${bot().name} only writes here. Use its shortcut${orElse}.`;
  return h("div", { class: "closed" }, h("p", {}, words), shortcutsButton("Shortcuts"));
}

function shortcutsButton(words = "") {
  const names = {
    "aria-haspopup": "menu",
    "aria-expanded": "false",
    "aria-label": words ? undefined : "Shortcuts",
    title: "Shortcuts",
  };
  const button = h(
    "button",
    { type: "button", class: `quiet ${words && "bordered"}`, ...names },
    icon("bolt"),
    words,
  );
  const items = session.state.shortcuts
    .filter((one) => one.type === "global")
    .map((one) => ({
      name: one.name,
      description: one.description,
      icon: "bolt",
      act: async () => {
        try {
          await perform("shortcut", { callback_id: one.callback_id });
        } catch (problem) {
          complain(problem, `The shortcut “${one.name}” failed.`);
        }
      },
    }));
  button.addEventListener("click", () => openMenu(button, items, "Shortcuts"));
  return button;
}

/** Give the commands of the app, and the one of Slack's own that it may ask people to use. */
function commandsHere() {
  const invite = {
    command: INVITE,
    usage_hint: `@${bot().name}`,
    description: "Invite the app to this channel",
  };
  return [...session.state.commands, invite];
}

class Composer {
  constructor(here, thread) {
    Object.assign(this, { here, thread, active: 0, told: "" });
    this.list = h("div", {
      class: "options commands",
      role: "listbox",
      id: freshId("commands"),
      "aria-label": "Commands",
    });
    const where = thread ? "Reply…" : `Message #${here.name}`;
    this.input = h("textarea", {
      rows: 1,
      placeholder: where,
      "aria-label": where,
      // A text of several lines may not be called a combobox: https://www.w3.org/TR/html-aria/#el-textarea
      "aria-autocomplete": "list",
      "aria-haspopup": "listbox",
    });
    this.button = h(
      "button",
      { type: "button", class: "send", "aria-label": "Send", on: { click: () => this.send() } },
      icon("send"),
    );
    const plus = shortcutsButton();
    this.hint = h("span", { class: "hint" });
    this.root = h(
      "div",
      { class: "composer" },
      this.input,
      h("div", { class: "row" }, plus, this.hint, this.button),
    );
    this.write = settled(() => this.tellLinks(), 600);
    const listeners = {
      input: () => this.changed(),
      keydown: (event) => this.press(event),
      blur: () => this.fold(),
    };
    for (const [event, listener] of Object.entries(listeners)) this.input.addEventListener(event, listener);
    this.list.addEventListener("mousedown", (event) => event.preventDefault());
    this.changed();
  }

  get commands() {
    const word = this.input.value.match(/^\/\S*$/)?.[0];
    return word && !this.thread ? commandsHere().filter((one) => one.command.startsWith(word)) : [];
  }

  changed() {
    const { input } = this;
    if (input.isConnected) {
      input.style.height = "auto";
      input.style.height = `${Math.min(input.scrollHeight, TALLEST)}px`;
    }
    this.button.disabled = !input.value.trim();
    const used = commandsHere().find((one) => input.value.startsWith(`${one.command} `));
    this.hint.textContent = used && !this.thread ? used.usage_hint : "";
    this.complete();
    if (LINK.test(input.value) && !input.value.startsWith("/")) this.write();
  }

  complete() {
    const { commands } = this;
    if (
      !commands.length ||
      (commands.length === 1 && commands[0].command === this.input.value && !this.list.isConnected)
    ) {
      this.fold();
      return;
    }
    this.active = Math.min(this.active, commands.length - 1);
    const drawn = commands.map((one, index) =>
      h(
        "div",
        {
          role: "option",
          id: `${this.list.id}-${index}`,
          class: index === this.active ? "active" : "",
          "aria-selected": String(index === this.active),
          on: { click: () => this.take(one) },
        },
        h("span", {}, h("strong", {}, one.command), " ", one.usage_hint),
        h("small", {}, `${one.description} · ${bot().name}`),
      ),
    );
    this.list.replaceChildren(...drawn);
    if (!this.list.isConnected) layer(this.root).append(this.list);
    place(this.list, this.root, { wide: true });
    this.input.setAttribute("aria-controls", this.list.id);
    this.input.setAttribute("aria-activedescendant", `${this.list.id}-${this.active}`);
  }

  fold() {
    this.list.remove();
    this.active = 0;
    this.input.removeAttribute("aria-controls");
    this.input.removeAttribute("aria-activedescendant");
  }

  take(command) {
    this.input.value = `${command.command} `;
    this.changed();
    this.input.focus();
  }

  press(event) {
    if (event.isComposing) return;
    const isOpen = this.list.isConnected;
    const { commands } = this;
    if (isOpen && (event.key === "ArrowDown" || event.key === "ArrowUp")) {
      event.preventDefault();
      this.active = (this.active + (event.key === "ArrowDown" ? 1 : commands.length - 1)) % commands.length;
      this.complete();
    } else if (isOpen && event.key === "Escape") {
      event.preventDefault();
      this.fold();
    } else if (
      isOpen &&
      (event.key === "Tab" || event.key === "Enter") &&
      commands[this.active].command !== this.input.value
    ) {
      event.preventDefault();
      this.take(commands[this.active]);
    } else if (event.key === "Enter" && !event.shiftKey) {
      event.preventDefault();
      this.send();
    }
  }

  async send() {
    const text = this.input.value.trim();
    if (!text) return;
    this.input.value = "";
    this.changed();
    const [, command, words] = text.match(/^(\/\S+)\s*([\s\S]*)$/) ?? [];
    try {
      if (command) await this.run(command, words);
      else await perform("message", { channel_id: this.here.id, text, thread_ts: this.thread || undefined });
    } catch (problem) {
      this.give(text);
      complain(problem, command ? `${command} failed.` : "The message was not sent.");
    }
  }

  async run(command, text) {
    if (this.thread) {
      alertBar({ title: "Commands do not work in threads.", detail: `Type ${command} in the channel.` });
      this.give(`${command} ${text}`.trim());
    } else if (command === INVITE && text.includes(bot().name)) {
      await perform("members", { channel_id: this.here.id, joined: true });
    } else if (!session.state.commands.some((one) => one.command === command)) {
      alertBar({ title: `${command} is not a valid command.`, detail: "Type / to see those that are." });
      this.give(`${command} ${text}`.trim());
    } else await perform("command", { channel_id: this.here.id, command, text });
  }

  /** Give back what could not be sent, unless something else was begun. */
  give(text) {
    if (this.input.value) return;
    this.input.value = text;
    this.changed();
    this.fold();
  }

  /** Let the app hear of links that are written and not sent, as Slack does once. */
  tellLinks() {
    const link = this.input.value.match(LINK)?.[0];
    if (!link || link === this.told) return;
    this.told = link;
    perform("write", { text: this.input.value }).catch(() => {});
  }
}
