/* What stands around the messages: the bar with who you are, the sidebar, the channel's head, the tabs of a narrow screen. */

import { avatar, botAvatar } from "./avatar.js";
import { classes, h } from "./dom.js";
import { icon } from "./icons.js";
import {
  become,
  botName,
  change,
  channelOf,
  channelsFor,
  dmOf,
  goTo,
  isAtHome,
  isDirect,
  messagesIn,
  myself,
  nameOf,
  order,
  PEOPLE,
  person,
  state,
  titleOf,
  unreadPings,
} from "./store.js";
import { roleOf, t } from "./words.js";

/** The bar above everything. */
export function topBar() {
  return h(
    "header",
    { class: "topbar" },
    h("a", { class: "skip", href: "#composer", onclick: (event) => skip(event) }, t("skip")),
    h(
      "p",
      { class: "brand" },
      h("span", { class: "brand-mark", "aria-hidden": "true" }, "S"),
      h("span", { class: "brand-name" }, t("workspace")),
    ),
    switcher(),
    botStatus(),
  );
}

function skip(event) {
  event.preventDefault();
  document.querySelector("[data-testid=composer], .home")?.focus();
}

function switcher() {
  const first = PEOPLE.first.map(person).filter(Boolean);
  const rest = state.snapshot.users.filter((user) => !PEOPLE.first.includes(user.id));
  const away = rest.find((user) => user.id === state.me);
  return h(
    "div",
    { class: "switcher", role: "group", "aria-label": t("youAre") },
    h("span", { class: "switcher-title", "aria-hidden": "true" }, t("youAre")),
    first.map((user) => personButton(user, "person")),
    away && personButton(away, "person"),
    rest.length > 0 && moreMenu(rest.filter((user) => user !== away)),
  );
}

function personButton(user, className) {
  const here = user.id === state.me;
  return h(
    "button",
    {
      key: user.id,
      type: "button",
      class: classes(className, here && "here"),
      "aria-pressed": String(here),
      "data-testid": `who-${user.id}`,
      title: `${nameOf(user.id)} · ${roleOf(user)}`,
      onclick: () => become(user.id),
    },
    avatar(user, "tiny"),
    !here && pingBadge(unreadPings(user.id).length),
    h("span", { class: "person-name" }, nameOf(user.id), h("span", { class: "person-role" }, roleOf(user))),
  );
}

/** How often somebody was rung up and has not looked yet; nothing for never. */
function pingBadge(count) {
  if (!count) return null;
  return h(
    "span",
    { class: "badge", "data-testid": "badge", title: t("pinged", count) },
    String(count),
    h("span", { class: "hidden" }, t("unread")),
  );
}

function moreMenu(people) {
  const open = state.menu === "who";
  return h(
    "span",
    { class: "menu-holder" },
    h(
      "button",
      {
        type: "button",
        class: "person more",
        "data-testid": "who-more",
        "aria-haspopup": "true",
        "aria-expanded": String(open),
        "aria-label": t("morePeople"),
        onclick: () => change({ menu: open ? null : "who" }),
      },
      h("span", { class: "person-name" }, t("more")),
      icon("down"),
    ),
    open &&
      h(
        "div",
        { class: "menu right", role: "group", "aria-label": t("morePeople") },
        people.map((user) => personButton(user, "menu-item")),
      ),
  );
}

function botStatus() {
  const [mood, text] = !state.online
    ? ["off", t("gone")]
    : state.snapshot.bot.connected > 0
      ? ["on", t("connected")]
      : state.wasConnected
        ? ["off", t("gone")]
        : ["starting", t("starting")];
  return h(
    "p",
    {
      class: `bot-status ${mood}`,
      role: "status",
      "data-testid": "bot-status",
      "data-connected": String(mood === "on"),
    },
    h("span", { class: "lamp", "aria-hidden": "true" }),
    h("span", { class: "bot-status-text" }, text),
  );
}

/** Channels and direct messages. */
export function sidebar() {
  const me = myself();
  return h(
    "nav",
    { class: "sidebar", "aria-label": t("channels") },
    h(
      "div",
      { class: "sidebar-me" },
      avatar(me, "small"),
      h("span", {}, h("strong", {}, nameOf(me.id)), h("span", { class: "sidebar-role" }, roleOf(me))),
    ),
    h("h2", { class: "sidebar-title" }, t("channels")),
    h(
      "ul",
      {},
      channelsFor(me).map((channel) => place(channel.id, channelIcon(channel), channel.name, mark(channel))),
    ),
    h("h2", { class: "sidebar-title" }, t("directMessages")),
    h("ul", {}, place(dmOf(me.id), [botAvatar("mini"), presence()], botName())),
    state.snapshot.home_tab && [h("h2", { class: "sidebar-title" }, t("apps")), h("ul", {}, appPlace(dmOf(me.id)))],
  );
}

function channelIcon(channel) {
  return icon(channel.is_archived ? "archive" : channel.is_private ? "lock" : "hash");
}

function mark(channel) {
  if (channel.bot_in || channel.is_archived) return null;
  return h("span", { class: "bot-out", title: t("botOut") }, t("botOutShort"));
}

function presence() {
  return h("span", {
    class: classes("presence", state.online && state.snapshot.bot.connected > 0 && "on"),
    "aria-hidden": "true",
  });
}

function appPlace(id) {
  const here = isAtHome();
  return h(
    "li",
    { key: "app" },
    h(
      "button",
      {
        type: "button",
        class: classes("place", here && "here"),
        "aria-current": here ? "page" : null,
        "data-testid": "app",
        onclick: () => goTo(id, "home"),
      },
      h("span", { class: "place-face" }, botAvatar("mini")),
      h("span", { class: "place-name" }, botName()),
      h("span", { class: "place-more" }, t("homeTab")),
    ),
  );
}

function place(id, face, name, extra) {
  const here = id === state.channel && !isAtHome();
  const unread = unreadIn(id);
  const pings = unreadPings(state.me, id).length;
  return h(
    "li",
    { key: id },
    h(
      "button",
      {
        type: "button",
        class: classes("place", here && "here", unread > 0 && "unread"),
        "aria-current": here ? "page" : null,
        "data-testid": `channel-${id}`,
        "data-unread": String(unread),
        onclick: () => goTo(id),
      },
      h("span", { class: "place-face" }, face),
      h("span", { class: "place-name" }, name),
      extra,
      pingBadge(pings),
    ),
  );
}

function unreadIn(channelId) {
  const read = state.read[`${state.me} ${channelId}`] ?? 0;
  // What only you see, and what stands in a thread, does not make a channel bold.
  const counts = (message) =>
    message.user !== state.me && !message.ephemeral_for && (!message.parent || message.in_channel);
  return messagesIn(channelId, state.me).filter((message) => Number(message.ts) > read && counts(message)).length;
}

/** The line above the messages. */
export function channelHead() {
  const channel = channelOf(state.channel);
  const direct = isDirect(state.channel);
  return h(
    "header",
    { class: "channel-head" },
    h(
      "h1",
      {},
      direct ? botAvatar("mini") : channelIcon(channel),
      h("span", {}, direct ? titleOf(state.channel) : channel.name),
    ),
    !direct && membership(channel),
  );
}

function membership(channel) {
  return h(
    "div",
    { class: "membership" },
    h(
      "span",
      { class: classes("membership-text", !channel.bot_in && "out") },
      channel.bot_in ? t("botIn") : t("botOut"),
    ),
    h(
      "button",
      {
        type: "button",
        class: "button compact",
        "data-testid": "membership",
        onclick: () => order("/_/membership", { channel: channel.id, in: !channel.bot_in }),
      },
      channel.bot_in ? t("takeOut") : t("letIn"),
    ),
  );
}

/** The tabs at the bottom of a narrow screen. */
export function paneTabs() {
  return h(
    "nav",
    { class: "pane-tabs", "aria-label": t("workspace") },
    paneTab("channels", "list", t("channels"), pingBadge(unreadPings(state.me).length)),
    paneTab("chat", "chat", t("chat")),
    paneTab("vendors", "cloud", t("vendors"), state.news > 0 && h("span", { class: "badge" }, String(state.news))),
  );
}

function paneTab(pane, face, name, extra) {
  return h(
    "button",
    {
      type: "button",
      class: classes("pane-tab", state.pane === pane && "here"),
      "aria-current": state.pane === pane ? "page" : null,
      "data-testid": `pane-${pane}`,
      onclick: () => change({ pane, menu: null, ...(pane === "vendors" ? { news: 0 } : {}) }),
    },
    icon(face),
    h("span", {}, name),
    extra,
  );
}

/** On a middle-sized screen the vendors are a drawer: the button that opens and closes it. */
export function drawerButton() {
  const open = state.pane === "vendors";
  return h(
    "button",
    {
      type: "button",
      class: "drawer-button button compact",
      "aria-expanded": String(open),
      "data-testid": "drawer",
      onclick: () => change({ pane: open ? "chat" : "vendors", news: 0 }),
    },
    icon(open ? "close" : "cloud"),
    open ? t("close") : t("vendors"),
    !open && state.news > 0 && h("span", { class: "badge" }, String(state.news)),
  );
}
