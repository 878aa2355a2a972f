/** Whatever a person fills in or chooses, by the element's type; the names of types are Block Kit's. */

import { combobox } from "./combobox.js";
import { freshId, h, settled } from "./dom.js";
import { textObject } from "./mrkdwn.js";
import { session } from "./session.js";
import { several } from "./several.js";
import { isoDate, isoTime, momentOf } from "./zone.js";

/**
 * Draw a control. `entry` is its part of `view.state.values`. `hears` has `typed(value)` for every letter,
 * `chose(value)` for what counts at once (null for nothing), and `suggest(text)` for options from the app.
 * `names` are attributes that say what it is: `aria-label`, or `aria-labelledby` and `aria-describedby`.
 */
export function control(element, entry, hears, { id = freshId("field"), names = {} } = {}) {
  const draw = CONTROLS[element.type];
  if (!draw) return h("p", { class: "hint" }, `This page cannot draw a ${element.type}.`);
  return draw({ element, entry: entry ?? initial(element), hears, id, names });
}

/** Say whether a type is filled in or chosen, rather than pressed. */
export const isControl = (type) => type in CONTROLS;

function initial(element) {
  const entry = {};
  for (const [name, value] of Object.entries(element)) {
    if (!name.startsWith("initial_")) continue;
    entry[name === "initial_value" ? "value" : name.replace("initial_", "selected_")] = value;
  }
  return entry;
}

function text({ element, entry, hears, id, names }) {
  const isLong = Boolean(element.multiline);
  const properties = {
    id,
    placeholder: element.placeholder?.text,
    maxlength: element.max_length,
    value: isLong ? undefined : (entry.value ?? ""),
    rows: isLong ? 4 : undefined,
    type: isLong ? undefined : (TEXT_TYPES[element.type] ?? "text"),
    inputmode:
      element.type === "number_input" ? (element.is_decimal_allowed ? "decimal" : "numeric") : undefined,
    autocomplete: "off",
    class: "text",
    ...names,
  };
  const input = h(isLong ? "textarea" : "input", properties, isLong ? (entry.value ?? "") : null);
  const triggers = element.dispatch_action_config?.trigger_actions_on ?? ["on_enter_pressed"];
  const told = settled(() => hears.chose(input.value || null), 300);
  input.addEventListener("input", () => {
    hears.typed(input.value || null);
    if (hears.dispatches && triggers.includes("on_character_entered")) told();
  });
  input.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" || event.isComposing || (isLong && !event.metaKey && !event.ctrlKey)) return;
    event.preventDefault();
    if (hears.dispatches && triggers.includes("on_enter_pressed")) hears.chose(input.value || null);
    else hears.submit?.();
  });
  return input;
}

const TEXT_TYPES = { email_text_input: "email", url_text_input: "url" };

function select({ element, entry, hears, id, names }) {
  const draw = (option) => h("option", { value: option.value }, ...textObject(option.text));
  const groups = element.option_groups?.map((group) =>
    h("optgroup", { label: group.label.text }, group.options.map(draw)),
  );
  const chosen = entry.selected_option?.value ?? "";
  const nothing = h("option", { value: "", hidden: Boolean(chosen) }, element.placeholder?.text ?? "Choose…");
  const drawn = h("select", { id, ...names }, nothing, groups ?? element.options.map(draw));
  drawn.value = chosen;
  drawn.addEventListener("change", () => hears.chose(drawn.value || null));
  return h("div", { class: "select" }, drawn);
}

function boxes({ element, entry, hears, names }) {
  const isSeveral = element.type === "checkboxes";
  const chosen = isSeveral ? (entry.selected_options ?? []) : [entry.selected_option].filter(Boolean);
  const ticked = new Set(chosen.map((option) => option.value));
  const group = freshId("group");
  const drawn = element.options.map((option) => {
    const input = h("input", {
      type: isSeveral ? "checkbox" : "radio",
      name: group,
      value: option.value,
      checked: ticked.has(option.value),
    });
    const more = option.description && h("small", {}, ...textObject(option.description));
    return h("label", { class: "choice" }, input, h("span", {}, ...textObject(option.text), more));
  });
  const root = h("div", { role: isSeveral ? "group" : "radiogroup", class: "choices", ...names }, drawn);
  root.addEventListener("change", () => {
    const values = [...root.querySelectorAll("input:checked")].map((input) => input.value);
    hears.chose(isSeveral ? values : values[0]);
  });
  return root;
}

function external({ element, entry, hears, id, names }) {
  const chosen = entry.selected_option && plainOption(entry.selected_option);
  return combobox({
    id,
    names,
    chosen,
    placeholder: element.placeholder?.text ?? "Search…",
    ...suggested(element, hears),
    choose: (option) => hears.chose(option?.value ?? null),
  });
}

/** Give what searches among the options that the app has. */
function suggested(element, hears) {
  return {
    least: element.min_query_length ?? 3,
    search: async (typed) => (await hears.suggest(typed)).map(plainOption),
  };
}

/** Draw a field for several; `offered(element, hears)` gives what searches, `present(entry)` what is chosen. */
function severalOf(offered, present) {
  return ({ element, entry, hears, id, names }) => {
    const { search, least } = offered(element, hears);
    return several({
      id,
      names,
      search,
      least,
      chosen: present(entry, element),
      most: element.max_selected_items,
      placeholder: element.placeholder?.text ?? "Choose…",
      choose: (options) => hears.chose(options.map((one) => one.value)),
    });
  };
}

const fitting = (all) => ({
  search: (typed) => all.filter((one) => one.text.toLowerCase().includes(typed.toLowerCase())),
});
const optionsOf = ({ options, option_groups: groups }) =>
  (options ?? groups.flatMap((group) => group.options)).map(plainOption);
const presentOptions = (entry) => (entry.selected_options ?? []).map(plainOption);

function severalListed(key, options) {
  const present = (entry, element) => options(element).filter((one) => entry[key]?.includes(one.value));
  return severalOf((element) => fitting(options(element)), present);
}

const plainOption = ({ text: words, value, description }) => ({
  text: words.text,
  value,
  description: description?.text,
});

function listed(key, options) {
  return ({ element, entry, hears, id, names }) => {
    const all = options(element);
    return combobox({
      id,
      names,
      chosen: all.find((one) => one.value === entry[key]),
      placeholder: element.placeholder?.text ?? "Choose…",
      ...fitting(all),
      choose: (option) => hears.chose(option?.value ?? null),
    });
  };
}

function conversations({ filter = {} }) {
  const kinds = filter.include ?? ["im", "private", "public"];
  const mine = session.screen.conversations.filter(
    (one) => kinds.includes(one.kind) && !(one.is_shared && filter.exclude_external_shared_channels),
  );
  return mine.map((one) => ({ value: one.id, text: one.kind === "im" ? one.name : `#${one.name}` }));
}

const people = () => session.state.users.map((one) => ({ value: one.id, text: one.real_name }));
const channels = () => conversations({ filter: { include: ["public"] } });

function moment({ element, entry, hears, id, names }) {
  const at = entry.selected_date_time;
  const [hasDate, hasTime] = { datepicker: [true, false], timepicker: [false, true] }[element.type] ?? [
    true,
    true,
  ];
  const day = at ? isoDate(at) : (entry.selected_date ?? "");
  const hour = at ? isoTime(at) : (entry.selected_time ?? "");
  const whole = names["aria-label"];
  const named = (part) =>
    whole && hasDate && hasTime ? { ...names, "aria-label": `${whole}: ${part}` } : names;
  const date = hasDate && h("input", { type: "date", id, value: day, class: "text", ...named("date") });
  const time =
    hasTime &&
    h("input", { type: "time", id: hasDate ? undefined : id, value: hour, class: "text", ...named("time") });
  const changed = () => {
    // While a year is being typed, the browser takes its first digits for years long past.
    if (date?.value && date.value < "1970") return undefined;
    if (!hasTime) return hears.chose(date.value || null);
    if (!hasDate) return hears.chose(time.value || null);
    if (date.value && time.value) return hears.chose(momentOf(date.value, time.value));
    return date.value || time.value ? undefined : hears.chose(null);
  };
  const root = h("div", { class: "moment" }, date, time);
  root.addEventListener("change", changed);
  return root;
}

const CONTROLS = {
  plain_text_input: text,
  number_input: text,
  email_text_input: text,
  url_text_input: text,
  static_select: select,
  multi_static_select: severalOf((element) => fitting(optionsOf(element)), presentOptions),
  multi_external_select: severalOf(suggested, presentOptions),
  multi_conversations_select: severalListed("selected_conversations", conversations),
  multi_channels_select: severalListed("selected_channels", channels),
  multi_users_select: severalListed("selected_users", people),
  radio_buttons: boxes,
  checkboxes: boxes,
  external_select: external,
  conversations_select: listed("selected_conversation", conversations),
  channels_select: listed("selected_channel", channels),
  users_select: listed("selected_user", people),
  datepicker: moment,
  timepicker: moment,
  datetimepicker: moment,
};

/** What this page lets people fill in or choose. */
export const CONTROL_TYPES = Object.keys(CONTROLS);
