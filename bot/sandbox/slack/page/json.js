/** JSON to read: objects and lists that fold, long texts in full. */

import { h } from "./dom.js";

const DEEP = 3;

/** Draw a value; what lies deeper than three levels is folded at first. */
export function jsonTree(value, depth = 0) {
  if (value === null || typeof value !== "object") return leaf(value);
  const pairs = Object.entries(value);
  const [start, end] = Array.isArray(value) ? ["[", "]"] : ["{", "}"];
  if (!pairs.length) return h("span", {}, start + end);
  const lines = pairs.map(([name, one]) => {
    const key = Array.isArray(value) ? null : h("span", { class: "key" }, `${name}: `);
    return h("div", { class: "line" }, key, jsonTree(one, depth + 1));
  });
  const summary = h("summary", {}, start, h("span", { class: "folded" }, ` ${pairs.length} ${end}`));
  return h(
    "details",
    { open: depth < DEEP },
    summary,
    h("div", { class: "lines" }, lines),
    h("span", { class: "closing" }, end),
  );
}

function leaf(value) {
  return h("span", { class: `leaf ${typeof value}` }, JSON.stringify(value) ?? "");
}
