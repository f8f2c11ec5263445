/* The page: one snapshot after another from the sandbox, drawn. */

import { banners, dropBanners, noticePings } from "./banners.js";
import { composer, focusComposer } from "./composer.js";
import { h, render } from "./dom.js";
import { channelHead, drawerButton, paneTabs, sidebar, topBar } from "./frame.js";
import { settleForms } from "./forms.js";
import { hint } from "./hint.js";
import { appTabs, homeTab } from "./home.js";
import { messageList, signature } from "./messages.js";
import { modal, openView } from "./modal.js";
import { openTab, showTab, sidePanel } from "./panel.js";
import { question } from "./question.js";
import { change, isAtHome, isDirect, onDraw, redraw, shine, state, tellOpened } from "./store.js";
import { accountKey } from "./vendors.js";
import { isChinese, t } from "./words.js";

const RETRY_MILLIS = 1000;
const root = document.getElementById("root");

let hadModal = false;

function page() {
  const view = openView();
  return h(
    "div",
    { class: "page", "data-pane": state.pane, "data-modal": view ? "open" : null },
    topBar(),
    !state.online && h("p", { key: "offline", class: "offline", role: "alert" }, t("offline")),
    h(
      "div",
      { key: "workspace", class: "workspace" },
      h(
        "div",
        { class: "slack", inert: Boolean(view) },
        sidebar(),
        h(
          "main",
          { class: "main" },
          h("div", { class: "main-head" }, channelHead(), drawerButton()),
          isDirect(state.channel) && appTabs(),
          isAtHome() ? homeTab() : [messageList(hint()), composer()],
        ),
      ),
      view && modal(view),
    ),
    sidePanel(),
    paneTabs(),
    banners(),
    question(),
    h(
      "p",
      { key: "toast", class: state.toast?.bad ? "toast bad" : "toast", role: "status", "aria-live": "polite" },
      state.toast?.text ?? "",
    ),
  );
}

function draw() {
  document.documentElement.lang = isChinese() ? "zh-CN" : "en";
  markRead();
  render(root, page());
  const view = openView();
  // The form took the focus with it when it went: typing goes on where it began.
  if (hadModal && !view && (!document.activeElement || document.activeElement === document.body)) giveBackFocus();
  hadModal = Boolean(view);
}

function giveBackFocus() {
  // On a telephone that would open the keyboard over what just happened.
  if (isAtHome()) document.querySelector(".home").focus({ preventScroll: true });
  else if (!matchMedia("(pointer: coarse)").matches) focusComposer();
}

function markRead() {
  if (document.hidden || isAtHome()) return;
  const messages = state.snapshot.messages[state.channel];
  if (messages?.length)
    state.read[`${state.me} ${state.channel}`] = Math.max(...messages.map((each) => Number(each.ts)));
}

/* Snapshots. */

function receive(snapshot) {
  const before = state.snapshot;
  state.snapshot = snapshot;
  state.online = true;
  state.wasConnected ||= snapshot.bot.connected > 0;
  if (before) noticeChanges(before, snapshot);
  else begin(snapshot);
  settleForms();
  redraw();
}

function begin(snapshot) {
  // Whoever loads the page again in the app's own place has opened it again.
  tellOpened();
  readEverything(snapshot);
}

function readEverything(snapshot) {
  for (const user of snapshot.users) {
    for (const [channel, messages] of Object.entries(snapshot.messages)) {
      state.read[`${user.id} ${channel}`] = Math.max(0, ...messages.map((message) => Number(message.ts)));
    }
  }
}

function noticeChanges(before, now) {
  for (const [channel, messages] of Object.entries(now.messages)) {
    const old = new Map((before.messages[channel] ?? []).map((message) => [message.ts, signature(message)]));
    for (const message of messages) {
      if (old.get(message.ts) !== signature(message)) shine(`${channel} ${message.ts}`);
    }
  }
  noticePings(before, now);
  for (const vendor of now.vendors) followVendor(vendor, before);
}

function followVendor({ name, accounts, requests }, before) {
  const old = before.vendors.find((each) => each.name === name);
  const known = new Set(old.accounts.map((account) => accountKey(name, account)));
  for (const account of accounts) if (!known.has(accountKey(name, account))) shine(accountKey(name, account));
  const last = requests.at(-1)?.id;
  if (last === undefined || last === old.requests.at(-1)?.id) return;
  if (state.pane !== "vendors") state.news = (state.news ?? 0) + 1;
  // Never turn the page under somebody's hands.
  const busy = document.querySelector(".panel")?.contains(document.activeElement);
  if (openTab() !== name && !busy) showTab(name);
}

/* The connection. */

function connect() {
  const socket = new WebSocket(`${location.protocol === "https:" ? "wss" : "ws"}://${location.host}/_/events`);
  socket.onmessage = (event) => {
    const frame = JSON.parse(event.data);
    if (frame.type === "state") receive(frame);
  };
  socket.onclose = () => {
    change({ online: false });
    setTimeout(connect, RETRY_MILLIS);
  };
}

/* Keys and clicks that belong to the whole page. */

document.addEventListener("pointerdown", (event) => {
  if (state.menu && !event.target.closest?.(".menu-holder")) change({ menu: null });
});

document.addEventListener("keydown", (event) => {
  if (event.key === "Escape" && state.menu) closeMenu();
  else if (event.key === "Escape") dropBanners();
  if (event.key === "F6") {
    event.preventDefault();
    nextRegion(event.shiftKey ? -1 : 1);
  }
});

function closeMenu() {
  const opener = document.activeElement?.closest(".menu-holder")?.querySelector("button");
  change({ menu: null });
  opener?.focus();
}

const REGIONS = [".question", ".modal", ".topbar", ".sidebar", ".main", ".panel"];
const BEST = ["textarea", "[aria-current]", "[aria-selected=true]", "[aria-pressed=true]", "input, select, button, a"];

/** Move the focus to the next part of the page, as F6 does in Slack and in browsers. */
function nextRegion(by) {
  const regions = REGIONS.filter((name) => canReach(name));
  const here = regions.findIndex((name) => document.querySelector(name).contains(document.activeElement));
  const next = regions[(here + by + regions.length) % regions.length];
  // On a smaller screen the panel is a drawer, or a page of its own: it opens for whoever goes there.
  if (next === ".panel" && !isVisible(document.querySelector(next))) change({ pane: "vendors", news: 0 });
  else if (next === ".main" && !isVisible(document.querySelector(next))) change({ pane: "chat" });
  // Once the drawer is drawn and visible: what is hidden takes no focus.
  requestAnimationFrame(() => requestAnimationFrame(() => focusIn(next)));
}

function canReach(name) {
  const region = document.querySelector(name);
  return Boolean(region) && !region.closest("[inert]") && (isVisible(region) || [".panel", ".main"].includes(name));
}

function isVisible(element) {
  return element.getClientRects().length > 0 && getComputedStyle(element).visibility === "visible";
}

function focusIn(name) {
  const region = document.querySelector(name);
  const stops = BEST.flatMap((wanted) => [...region.querySelectorAll(wanted)]);
  stops.find((each) => isVisible(each) && !each.disabled)?.focus();
}

document.addEventListener("visibilitychange", redraw);
onDraw(draw);
connect();
