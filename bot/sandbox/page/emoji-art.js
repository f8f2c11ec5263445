/* The signs that bots put before a sentence, drawn here: they look the same everywhere, also where no emoji font is installed. */

import { h } from "./dom.js";

const DISC = "M12 2.5a9.5 9.5 0 1 0 0 19 9.5 9.5 0 0 0 0-19z";
const TILE = "M6 2.5h12A3.5 3.5 0 0 1 21.5 6v12a3.5 3.5 0 0 1-3.5 3.5H6A3.5 3.5 0 0 1 2.5 18V6A3.5 3.5 0 0 1 6 2.5z";
const GLASS =
  "M6.5 3h11v3.2c0 2.6-2.2 4.2-3.6 5.8 1.4 1.6 3.6 3.2 3.6 5.8V21h-11v-3.2c0-2.6 2.2-4.2 3.6-5.8-1.4-1.6-3.6-3.2-3.6-5.8z";

// Each is a list of [class, path]: fill-… paints an area, line-… a stroke.
const ART = {
  "✅": [
    ["fill-green", TILE],
    ["line-white", "M6.8 12.4l3.5 3.6 7-7.6"],
  ],
  "📋": [
    ["fill-amber", "M5 4h14v17H5z"],
    ["line-white", "M8 9.5h8M8 13h8M8 16.5h5"],
    ["fill-plum", "M9 2.5h6v3.4H9z"],
  ],
  "🕓": [
    ["fill-blue", DISC],
    ["line-white", "M12 6.5V12l-3.4 3"],
  ],
  "⏸️": [
    ["fill-blue", TILE],
    ["line-white", "M9.3 7.5v9M14.7 7.5v9"],
  ],
  "⏹️": [
    ["fill-blue", TILE],
    ["line-white", "M8.5 8.5h7v7h-7z"],
  ],
  "✔️": [["line-green", "M5 12.8l4.6 4.7L19.5 7"]],
  "☑️": [
    ["fill-blue", TILE],
    ["line-white", "M6.8 12.4l3.5 3.6 7-7.6"],
  ],
  "❌": [["line-red", "M5.5 5.5l13 13M18.5 5.5l-13 13"]],
  "⚠️": [
    ["fill-amber", "M12 3 1.8 20.5h20.4z"],
    ["line-dark", "M12 9.5v5M12 17.4v.1"],
  ],
  "🚨": [
    ["fill-red", "M6 17v-5a6 6 0 0 1 12 0v5zM4.5 18.5h15V21h-15z"],
    ["line-red", "M12 1.5v2M3.5 6l1.6 1.1M20.5 6l-1.6 1.1"],
  ],
  "❓": [["line-red", "M7.5 8.2a4.5 4.5 0 1 1 7.1 3.7c-1.7 1.2-2.6 1.9-2.6 4M12 20.4v.1"]],
  "⛔": [
    ["fill-red", DISC],
    ["line-white", "M7 12h10"],
  ],
  "🚫": [["line-red", `${DISC}M5.5 5.5l13 13`]],
  "🛑": [["fill-red", "M8 2.5h8L21.5 8v8L16 21.5H8L2.5 16V8z"]],
  ℹ️: [
    ["fill-blue", TILE],
    ["line-white", "M12 11v6M12 7.2v.1"],
  ],
  "⏳": [
    ["fill-sand", GLASS],
    ["line-brown", "M5.5 3h13M5.5 21h13"],
    ["fill-amber", "M8.6 19.5c.4-2 2.2-2.8 3.4-2.8s3 .8 3.4 2.8zM9 7.5h6L12 11z"],
  ],
  "⌛": [
    ["fill-sand", GLASS],
    ["line-brown", "M5.5 3h13M5.5 21h13"],
    ["fill-amber", "M8.4 19.5v-1.3c0-1.6 1.8-2.8 3.6-4.2 1.8 1.4 3.6 2.6 3.6 4.2v1.3z"],
  ],
  "🔄": [
    ["fill-blue", TILE],
    ["line-white", "M7 10.5A5.3 5.3 0 0 1 16.5 9M17 13.5A5.3 5.3 0 0 1 7.5 15M16.8 5.8V9h-3.2M7.2 18.2V15h3.2"],
  ],
  "👤": [["fill-plum", "M12 3a4.6 4.6 0 1 0 0 9.2A4.6 4.6 0 0 0 12 3zM3.5 21c0-4.6 3.6-7.2 8.5-7.2s8.5 2.6 8.5 7.2z"]],
  "🔔": [["fill-amber", "M12 3a6 6 0 0 0-6 6v5l-2 3.5h16L18 14V9a6 6 0 0 0-6-6zM9.8 19h4.4a2.2 2.2 0 0 1-4.4 0z"]],
  "🔑": [["line-amber", "M8 12a4 4 0 1 0 0 .1zM12 12h9.5v3.5M17.5 12v3"]],
  "🔒": [
    ["fill-amber", "M5 10.5h14V21H5z"],
    ["line-brown", "M8 10.5V7.5a4 4 0 0 1 8 0v3"],
  ],
  "📧": [
    ["fill-blue", "M2.5 5.5h19v13h-19z"],
    ["line-white", "M3.5 7l8.5 6.5L20.5 7"],
  ],
  "✉️": [
    ["fill-blue", "M2.5 5.5h19v13h-19z"],
    ["line-white", "M3.5 7l8.5 6.5L20.5 7"],
  ],
  "📱": [
    ["fill-dark", "M8 2h8a2 2 0 0 1 2 2v16a2 2 0 0 1-2 2H8a2 2 0 0 1-2-2V4a2 2 0 0 1 2-2z"],
    ["line-white", "M11 19h2"],
  ],
  "🟢": [["fill-green", DISC]],
  "🟡": [["fill-amber", DISC]],
  "🔴": [["fill-red", DISC]],
  "🔵": [["fill-blue", DISC]],
  "🎉": [
    ["fill-amber", "M3 21l5-12.5 7.5 7.5z"],
    ["line-plum", "M12 8c2-1.5 2-3.5 1-5.5M16 12c1.5-2 3.5-2 5.5-1M15 9l4.5-4.5"],
  ],
};

const DRAWN = new RegExp(
  `(${Object.keys(ART)
    .map((sign) => sign.replace("\uFE0F", "\\uFE0F?"))
    .join("|")})`,
  "u",
);

/** `text` with the signs we draw as pictures between the rest. */
export function withArt(text) {
  return text.split(DRAWN).map((part, index) => (index % 2 ? drawing(part) : part));
}

function drawing(sign) {
  const art = ART[sign] ?? ART[`${sign}\uFE0F`];
  // The sign itself stays in the text, for those who copy it, hear it or search for it.
  return h(
    "span",
    { class: "emoji" },
    h("span", { class: "hidden" }, sign),
    h(
      "svg",
      { viewBox: "0 0 24 24", "aria-hidden": "true" },
      art.map(([paint, d]) => h("path", { class: paint, d })),
    ),
  );
}
