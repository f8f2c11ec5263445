import { h } from "./dom.js";

const STROKES = {
  hash: ["M9.5 4 7.5 20M16.5 4l-2 16M4.5 9h16M3.5 15h16"],
  lock: ["M6 11h12v9H6zM8.5 11V7.5a3.5 3.5 0 0 1 7 0V11"],
  send: ["M4 12 3 4l18 8-18 8 1-8zm0 0h8"],
  bolt: ["M13 3 5 13.5h6L10 21l9-11h-6z"],
  eye: [
    "M2.5 12s3.5-6.5 9.5-6.5 9.5 6.5 9.5 6.5-3.5 6.5-9.5 6.5S2.5 12 2.5 12z",
    "M12 9.2a2.8 2.8 0 1 0 0 5.6 2.8 2.8 0 0 0 0-5.6z",
  ],
  close: ["M6 6l12 12M18 6 6 18"],
  chevron: ["M9 6l6 6-6 6"],
  back: ["M15 6l-6 6 6 6"],
  down: ["M6 9l6 6 6-6"],
  arrowDown: ["M12 5v14M6 13l6 6 6-6"],
  check: ["M5 12.5l4.5 4.5L19 7.5"],
  info: ["M12 3.5a8.5 8.5 0 1 0 0 17 8.5 8.5 0 0 0 0-17zM12 11v5.5M12 7.7v.1"],
  warning: ["M12 4 2.8 20h18.4zM12 10v4.5M12 17.2v.1"],
  error: ["M8 3.5h8l4.5 4.5v8L16 20.5H8L3.5 16V8zM12 8v5M12 16v.1"],
  cloud: ["M7 18.5a4.5 4.5 0 0 1-.6-8.96A6 6 0 0 1 18 9.6a4.5 4.5 0 0 1-.6 8.9z"],
  chat: ["M4 5h16v11H10l-4 3.5V16H4z"],
  list: ["M4 6.5h16M4 12h16M4 17.5h10"],
  reset: ["M4.5 12a7.5 7.5 0 1 0 2.3-5.4M4.5 4.5v4h4"],
  archive: ["M4 5h16v4H4zM5.5 9v10.5h13V9M10 13h4"],
  plug: ["M9 3v5M15 3v5M6.5 8h11v3.5a5.5 5.5 0 0 1-11 0zM12 17v4"],
  form: ["M5 4h14v16H5zM8.5 8.5h7M8.5 12h7M8.5 15.5h4"],
  dots: ["M5.5 12h.1M12 12h.1M18.5 12h.1"],
  file: ["M6 3.5h8l4.5 4.5v12.5H6zM14 3.5V8h4.5"],
};

/** A line icon that takes the colour of the text around it; it says nothing to a screen reader. */
export function icon(name, className = "") {
  return h(
    "svg",
    { class: `icon ${className}`.trim(), viewBox: "0 0 24 24", "aria-hidden": "true", focusable: "false" },
    STROKES[name].map((d) => h("path", { d })),
  );
}

/** The bot's face: a person and a plus. */
export function botFace() {
  return h(
    "svg",
    { viewBox: "0 0 32 32", "aria-hidden": "true", focusable: "false" },
    h("circle", { cx: "13.5", cy: "11.5", r: "4.6", class: "face" }),
    h("path", { d: "M4.8 25.5c0-5 3.9-8 8.7-8s8.7 3 8.7 8z", class: "face" }),
    h("path", { d: "M25 7.5v8M21 11.5h8", class: "plus" }),
  );
}
