/** Line icons, drawn on a grid of 20 by 20; each is decoration beside a name that says the same. */

const PATHS = {
  archive: "M3 4h14v4H3zM4.5 8v8h11V8M8 11h4",
  back: "M12 4 6 10l6 6",
  bolt: "M11 2 4 11h5l-1 7 7-9h-5z",
  chevron: "m5 8 5 5 5-5",
  close: "M5 5l10 10M15 5 5 15",
  code: "m7 6-4 4 4 4m6-8 4 4-4 4",
  dots: "M10 4a1 1 0 1 0 .01 0M10 9a1 1 0 1 0 .01 0M10 14a1 1 0 1 0 .01 0",
  external: "M8 5H4v11h11v-4M11 4h5v5M16 4l-7 7",
  lock: "M5 9h10v7H5zM7 9V6.5a3 3 0 0 1 6 0V9",
  menu: "M3 5h14M3 10h14M3 15h14",
  reply: "M3 4h14v9h-7l-4 4v-4H3z",
  send: "M3 10 17 4l-4 13-3-6z",
  trash: "M4 6h12M8 6V4h4v2M6 6l1 10h6l1-10",
  warning: "M10 3 18 16H2zM10 8v4m0 2v.01",
};

const SVG = "http://www.w3.org/2000/svg";

/** Draw an icon of this name. */
export function icon(name) {
  const picture = document.createElementNS(SVG, "svg");
  const line = document.createElementNS(SVG, "path");
  for (const [key, value] of Object.entries({ viewBox: "0 0 20 20", class: "icon", "aria-hidden": "true" })) {
    picture.setAttribute(key, value);
  }
  line.setAttribute("d", PATHS[name]);
  picture.append(line);
  return picture;
}
