import { h } from "./dom.js";
import { botFace } from "./icons.js";
import { state } from "./store.js";

const COLOURS = ["teal", "rose", "blue", "amber", "green", "plum"];

/** A person's picture: initials on a colour of their own. */
export function avatar(user, size = "") {
  return h(
    "span",
    { class: `avatar ${size} ${colour(user.id)}`, "aria-hidden": "true" },
    initials(user.real_name || user.name),
  );
}

/** The bot's picture. */
export function botAvatar(size = "") {
  return h("span", { class: `avatar ${size} bot`, "aria-hidden": "true" }, botFace());
}

function colour(id) {
  const place = state.snapshot.users.findIndex((user) => user.id === id);
  return COLOURS[Math.max(0, place) % COLOURS.length];
}

function initials(name) {
  const chinese = name.match(/\p{Script=Han}/gu);
  if (chinese) return chinese.at(-1);
  return name
    .split(/\s+/)
    .slice(0, 2)
    .map((word) => word[0] ?? "")
    .join("")
    .toUpperCase();
}
