/* The side panel: what reached each vendor, which accounts exist there now, and how to make the next call fail.
   Which vendors there are, and everything about them, comes with the snapshot. */

import { classes, h } from "./dom.js";
import { SLACK_FAILURES } from "./failures.js";
import { icon } from "./icons.js";
import { change, order, redraw, remember, shining, state, toast } from "./store.js";
import { clockExact, either, t } from "./words.js";

const FEW = 6;
const SLACK = "slack";
const TIMES = [1, 3, 20];

/** The whole panel. */
export function vendorPanel() {
  return h(
    "aside",
    { class: "panel", "aria-label": t("outside") },
    h(
      "header",
      { class: "panel-head" },
      h("h2", {}, t("outside")),
      h(
        "button",
        {
          type: "button",
          class: "icon-button panel-close",
          "aria-label": t("close"),
          onclick: () => change({ pane: "chat" }),
        },
        icon("close"),
      ),
    ),
    h("div", { class: "tabs", role: "tablist", "aria-label": t("outside"), onkeydown: turnTab }, tabs().map(tab)),
    tabs().map((name) =>
      h(
        "section",
        {
          key: name,
          class: "tab-panel",
          role: "tabpanel",
          id: `panel-${name}`,
          "aria-labelledby": `tab-${name}`,
          hidden: openTab() !== name,
          "data-testid": name === SLACK ? "slack-side" : `vendor-${name}`,
        },
        name === SLACK ? slackSide() : vendor(vendorCalled(name)),
      ),
    ),
  );
}

function tabs() {
  return [...state.snapshot.vendors.map((each) => each.name), SLACK];
}

function vendorCalled(name) {
  return state.snapshot.vendors.find((each) => each.name === name);
}

/** The tab that is shown: the chosen one, or the first where nothing is chosen or the chosen one is gone. */
export function openTab() {
  return tabs().includes(state.tab) ? state.tab : tabs()[0];
}

function tab(name) {
  const here = openTab() === name;
  const { accounts = [], failures = [], short } = vendorCalled(name) ?? {};
  return h(
    "button",
    {
      key: name,
      type: "button",
      role: "tab",
      id: `tab-${name}`,
      class: classes("tab", here && "here"),
      "aria-selected": String(here),
      "aria-controls": `panel-${name}`,
      tabindex: here ? "0" : "-1",
      "data-testid": `tab-${name}`,
      onclick: () => showTab(name),
    },
    short ? either(short) : t("slackTab"),
    accounts.length > 0 && h("span", { class: "tab-count" }, String(accounts.length)),
    failures.length > 0 && h("span", { class: "tab-armed", title: t("armed") }),
  );
}

/** Show one vendor, or Slack's side. */
export function showTab(name) {
  remember("tab", name);
  change({ tab: name });
}

function turnTab(event) {
  const by = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
  if (!by) return;
  const all = tabs();
  const next = all[(all.indexOf(openTab()) + by + all.length) % all.length];
  showTab(next);
  document.getElementById(`tab-${next}`).focus();
}

function vendor(it) {
  return [
    h(
      "div",
      { class: "card vendor-head" },
      h("div", { class: "vendor-title" }, h("h3", {}, either(it.title)), resetButton(it)),
      seatMeter(it),
      it.failures.length > 0 && armed(it),
    ),
    part(t("accounts"), it.accounts.length, accountTable(it)),
    part(t("requests"), it.requests.length, requestList(it)),
    part(t("makeFail"), null, failureButtons(it)),
  ];
}

function part(title, count, content) {
  return h(
    "section",
    { key: title, class: "card", "aria-label": title },
    h("h4", {}, title, count > 0 && h("span", { class: "count" }, String(count))),
    content,
  );
}

function resetButton({ name, title }) {
  return h(
    "button",
    {
      type: "button",
      class: "button compact quiet",
      "data-testid": `reset-${name}`,
      onclick: async () => {
        const answer = await order("/_/vendors/reset", { vendor: name });
        if (answer.ok) toast(t("resetDone", either(title)));
      },
    },
    icon("reset"),
    t("reset"),
  );
}

function seatMeter({ accounts, seats }) {
  const share = seats > 0 ? Math.min(1, accounts.length / seats) : 1;
  return h(
    "div",
    { class: "seats" },
    h("span", { class: "seats-text", "data-testid": "seats" }, t("seats", accounts.length, seats)),
    h(
      "span",
      { class: classes("meter", share >= 1 && "full"), "aria-hidden": "true" },
      h("span", { style: { width: `${share * 100}%` } }),
    ),
  );
}

function armed({ name, failures, ways }) {
  return h(
    "div",
    { class: "armed", role: "status" },
    icon("bolt"),
    h(
      "span",
      { class: "armed-text" },
      h("strong", {}, t("armed")),
      failures.map((failure, index) =>
        h(
          "span",
          { key: index, class: "armed-way" },
          either(ways.find((way) => way.how === failure.how).title),
          failure.times > 1 && ` × ${failure.times}`,
        ),
      ),
    ),
    h(
      "button",
      {
        type: "button",
        class: "button compact",
        "data-testid": `clear-${name}`,
        onclick: () => order("/_/vendors/fail", { vendor: name, how: "" }),
      },
      t("clear"),
    ),
  );
}

/* Accounts. */

function accountTable({ name, accounts }) {
  if (!accounts.length) return h("p", { class: "nothing" }, t("noAccounts"));
  return h(
    "div",
    { class: "table-holder" },
    h(
      "table",
      { class: "accounts" },
      h(
        "thead",
        {},
        h(
          "tr",
          {},
          ["account", "contact", "department"].map((each) => h("th", { scope: "col" }, t(each))),
        ),
      ),
      h("tbody", {}, accounts.map((each) => accountRow(name, each)).reverse()),
    ),
  );
}

/** What tells an account of a vendor from every other. */
export function accountKey(name, account) {
  return `${name} account ${account.key}`;
}

function accountRow(name, it) {
  const key = accountKey(name, it);
  return h(
    "tr",
    { key, "data-testid": "account-row", class: shining(key) },
    h(
      "td",
      {},
      h("span", { class: "strong" }, it.name),
      h("span", { class: "mono" }, it.account),
      it.state && h("span", { class: "chip" }, either(it.state)),
    ),
    h("td", {}, h("span", { class: "mono" }, it.phone), h("span", {}, it.email)),
    h("td", {}, h("span", {}, it.department || "–")),
  );
}

/* Requests. */

function requestList({ name, requests }) {
  if (!requests.length) return h("p", { class: "nothing" }, t("noRequests"));
  const all = state.opened.has(`all ${name}`);
  const shown = [...requests].reverse().slice(0, all ? Infinity : FEW);
  return [
    h(
      "ul",
      { class: "requests" },
      shown.map((each) => requestRow(name, each)),
    ),
    requests.length > FEW &&
      h(
        "button",
        { type: "button", class: "button compact quiet wide", onclick: () => toggle(`all ${name}`) },
        all ? t("fewerRequests") : t("allRequests", requests.length),
      ),
  ];
}

function toggle(key) {
  if (!state.opened.delete(key)) state.opened.add(key);
  redraw();
}

function requestRow(name, it) {
  const key = `${name} ${it.id}`;
  const open = state.opened.has(key);
  return h(
    "li",
    { key, class: classes("request", open && "open"), "data-testid": "request" },
    h(
      "button",
      { type: "button", class: "request-line", "aria-expanded": String(open), onclick: () => toggle(key) },
      icon("chevron", "twist"),
      h("span", { class: `status ${mood(it)}` }, it.status ? String(it.status) : "···"),
      h("span", { class: "method" }, it.method),
      path(it.path),
      h("span", { class: "millis" }, it.status ? duration(it.millis) : t("noReply")),
    ),
    it.created && h("p", { class: "made" }, icon("check"), t("made")),
    open && details(it),
  );
}

// Where a path is cut, its end stays: the end says what was asked.
function path(whole) {
  const cut = whole.split("?")[0].lastIndexOf("/");
  return h(
    "span",
    { class: "path", title: whole },
    h("span", { class: "path-head" }, whole.slice(0, cut)),
    h("span", { class: "path-tail" }, whole.slice(cut)),
  );
}

function mood(it) {
  if (!it.status) return "none";
  if (it.status === 429) return "wait";
  return it.refused ? "bad" : "good";
}

function duration(millis) {
  const value = Number(millis ?? 0);
  return value >= 10_000
    ? `${(value / 1000).toFixed(1)} s`
    : `${value >= 10 ? Math.round(value) : value.toFixed(1)} ms`;
}

function details(it) {
  return h(
    "div",
    { class: "request-details" },
    h("p", { class: "request-when" }, clockExact(it.at), h("span", { class: "mono" }, `${it.method} ${it.path}`)),
    h("h5", {}, t("headers")),
    h(
      "dl",
      { class: "headers" },
      Object.entries(it.headers ?? {}).map(([header, value]) => [h("dt", {}, header), h("dd", {}, String(value))]),
    ),
    h("h5", {}, t("body")),
    json(it.body),
    h("h5", {}, t("answer"), it.status ? h("span", { class: `status ${mood(it)}` }, String(it.status)) : null),
    json(it.answer),
  );
}

function parsed(value) {
  if (typeof value !== "string") return value;
  try {
    return JSON.parse(value);
  } catch {
    return value;
  }
}

function json(value) {
  const it = parsed(value);
  if (it === null || it === undefined || it === "") return h("p", { class: "nothing small" }, t("empty"));
  return h(
    "pre",
    { class: "json", tabindex: "0" },
    typeof it === "string" ? it : coloured(JSON.stringify(it, null, 2)),
  );
}

const TOKENS = /("(?:\\.|[^"\\])*")(\s*:)?|\b(?:true|false|null)\b|-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?/g;

function coloured(text) {
  const parts = [];
  let end = 0;
  for (const match of text.matchAll(TOKENS)) {
    const [whole, quoted, colon] = match;
    parts.push(text.slice(end, match.index));
    parts.push(h("span", { class: colon ? "j-key" : quoted ? "j-text" : "j-value" }, quoted ?? whole), colon ?? "");
    end = match.index + whole.length;
  }
  return [...parts, text.slice(end)];
}

/* Failures. */

function groups(ways) {
  return [...new Set(ways.map((way) => either(way.group)))];
}

function failureButtons({ name, ways, failures }) {
  return [
    h(
      "div",
      { class: "times", role: "group", "aria-label": t("forNext") },
      h("span", { class: "times-title" }, t("forNext")),
      TIMES.map((count) =>
        h(
          "button",
          {
            key: count,
            type: "button",
            class: classes("times-choice", state.times === count && "here"),
            "aria-pressed": String(state.times === count),
            onclick: () => change({ times: count }),
          },
          t("calls", count),
        ),
      ),
    ),
    groups(ways).map((group) =>
      h(
        "div",
        { key: group, class: "failures", role: "group", "aria-label": group },
        h("h5", {}, group),
        ways
          .filter((way) => either(way.group) === group)
          .map((way) => failureButton(name, way, failures)),
      ),
    ),
  ];
}

function failureButton(name, { how, title, why }, pending) {
  const waiting = pending.some((failure) => failure.how === how);
  return h(
    "button",
    {
      key: how,
      type: "button",
      class: classes("failure", waiting && "waiting"),
      "data-testid": `fail-${name}-${how}`,
      "aria-pressed": String(waiting),
      onclick: () => order("/_/vendors/fail", { vendor: name, how, times: state.times }),
    },
    h("span", { class: "failure-title" }, either(title)),
    h("span", { class: "failure-why" }, either(why)),
    waiting && icon("bolt"),
  );
}

/* Slack's side. */

function slackSide() {
  const { bot, channels, calls } = state.snapshot;
  return [
    h(
      "div",
      { class: "card vendor-head" },
      h(
        "div",
        { class: "vendor-title" },
        h("h3", {}, t("status")),
        h("span", { class: "sockets" }, t("sockets", bot.connected)),
      ),
    ),
    part(
      t("botInChannels"),
      null,
      h("ul", { class: "switches" }, channels.filter((each) => !each.is_dm).map(channelSwitch)),
    ),
    part(t("slackFails"), null, [
      h("div", { class: "failures" }, SLACK_FAILURES.map(slackFailure)),
      h(
        "button",
        { type: "button", class: "button compact quiet wide", "data-testid": "clear-slack", onclick: clearSlack },
        t("clearSlack"),
      ),
    ]),
    part(t("slackCalls"), calls.length, callList(calls)),
  ];
}

function channelSwitch(channel) {
  return h(
    "li",
    { key: channel.id },
    h(
      "label",
      { class: "switch" },
      h("span", { class: "switch-name" }, icon(channel.is_private ? "lock" : "hash"), channel.name),
      h("input", {
        type: "checkbox",
        role: "switch",
        checked: channel.bot_in,
        "data-testid": `membership-${channel.id}`,
        onchange: (event) => order("/_/membership", { channel: channel.id, in: event.target.checked }),
      }),
      h("span", { class: "switch-state" }, t(channel.bot_in ? "in" : "out")),
    ),
  );
}

function slackFailure({ method, kind, title, why }) {
  return h(
    "button",
    {
      key: `${method} ${kind}`,
      type: "button",
      class: "failure",
      "data-testid": `fail-slack-${method}-${kind}`,
      onclick: async () => {
        const answer = await order("/_/slack/fail", { method, kind, times: 1 });
        if (answer.ok) toast(t("slackArmed"));
      },
    },
    h("span", { class: "failure-title" }, either(title)),
    h("span", { class: "failure-why" }, either(why)),
  );
}

async function clearSlack() {
  const methods = new Set(SLACK_FAILURES.map(({ method }) => method));
  // An empty kind takes back what is still to come for a method.
  const answers = await Promise.all(
    [...methods].map((method) => order("/_/slack/fail", { method, kind: "", times: 1 })),
  );
  if (answers.every((answer) => answer.ok)) toast(t("slackCleared"));
}

function callList(calls) {
  if (!calls.length) return h("p", { class: "nothing" }, t("noCalls"));
  return h(
    "ul",
    { class: "calls" },
    [...calls]
      .reverse()
      .map((call, index) =>
        h(
          "li",
          { key: `${call.at} ${calls.length - index}`, class: "call" },
          h("span", { class: `status ${call.ok ? "good" : "bad"}` }, call.ok ? "ok" : (call.error ?? "error")),
          h("span", { class: "mono" }, call.method),
          h("span", { class: "call-summary" }, typeof call.summary === "string" ? call.summary : ""),
        ),
      ),
  );
}
