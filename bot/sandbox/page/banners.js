/* Notifications, as Slack's client shows them: whoever is rung up sees who wrote where, for a moment, and can go there. */

import { botAvatar } from "./avatar.js";
import { h } from "./dom.js";
import { withArt } from "./emoji-art.js";
import { icon } from "./icons.js";
import { spoken } from "./mrkdwn.js";
import { botName, change, channelOf, goTo, isAtHome, redraw, state } from "./store.js";
import { t } from "./words.js";

const SHOWN_MILLIS = 7000;
const MOST = 3;

/** Show what rang since `before`, unless it happened right before your eyes. */
export function noticePings(before, now) {
  const known = new Set(before.notifications.map(keyOf));
  for (const each of now.notifications) {
    if (each.user !== state.me || known.has(keyOf(each)) || isInSight(each.channel)) continue;
    state.banners = [...state.banners, each].slice(-MOST);
    setTimeout(() => put(each), SHOWN_MILLIS);
  }
}

function isInSight(channel) {
  return channel === state.channel && !isAtHome() && !document.hidden && state.pane === "chat";
}

function keyOf({ user, channel, ts }) {
  return `${user} ${channel} ${ts}`;
}

function put(banner) {
  state.banners = state.banners.filter((each) => keyOf(each) !== keyOf(banner));
  redraw();
}

/** The notifications of this moment. */
export function banners() {
  return h(
    "div",
    { key: "banners", class: "banners", role: "status", "aria-live": "polite" },
    state.banners.map((each) =>
      h(
        "div",
        { key: keyOf(each), class: "ping", "data-testid": "ping" },
        h(
          "button",
          { type: "button", class: "ping-go", onclick: () => goTo(each.channel) },
          botAvatar("small"),
          h(
            "span",
            { class: "ping-body" },
            h("span", { class: "ping-from" }, from(each.channel)),
            h("span", { class: "ping-text" }, withArt(spoken(each.text))),
          ),
        ),
        h(
          "button",
          { type: "button", class: "icon-button", "aria-label": t("close"), onclick: () => put(each) },
          icon("close"),
        ),
      ),
    ),
  );
}

function from(id) {
  const channel = channelOf(id);
  return !channel || channel.is_dm ? t("pingDirect", botName()) : t("pingIn", botName(), `#${channel.name}`);
}

/** Put all of them away. */
export function dropBanners() {
  if (state.banners.length) change({ banners: [] });
}
