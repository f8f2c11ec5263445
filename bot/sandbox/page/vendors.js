/* A vendor's tab of the side panel: which accounts exist there now, what reached it, and how to make the next call fail.
   Everything about it comes with the snapshot. */

import { classes, h } from "./dom.js";
import { icon } from "./icons.js";
import { order, redraw, shining, state, toast } from "./store.js";
import { armedBox, failureButton, part, timesRow } from "./switches.js";
import { clockExact, either, t } from "./words.js";

const FEW = 6;

/** The whole tab. */
export function vendor(it) {
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
  const title = (how) => either(ways.find((way) => way.how === how).title);
  const waiting = failures.map(({ how, times }) => ({ title: title(how), times }));
  return armedBox(name, waiting, () => order("/_/vendors/fail", { vendor: name, how: "" }));
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
      h("tbody", {}, [...accounts].reverse().flatMap((each) => accountRows(name, each))),
    ),
  );
}

/** What tells an account of a vendor from every other. */
export function accountKey(name, account) {
  return `${name} account ${account.key}`;
}

function accountRows(name, it) {
  const row = accountRow(name, it);
  if (!it.actions?.length) return [row];
  const acts = it.actions.map((action) => accountAction(name, it, action));
  return [row, h("tr", { key: `${accountKey(name, it)} acts`, class: "acts" }, h("td", { colspan: "3" }, acts))];
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

// What the person whose account it is, or the vendor's own console, would do: newhire finds out by itself.
function accountAction(vendor, account, { name, title }) {
  return h(
    "button",
    {
      key: `act ${name}`,
      type: "button",
      class: "button compact account-act",
      "data-testid": `act-${name}`,
      onclick: () => order("/_/vendors/act", { vendor, action: name, account: account.key }),
    },
    either(title),
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
  const press = (how) => order("/_/vendors/fail", { vendor: name, how, times: state.times });
  const isWaiting = (how) => failures.some((failure) => failure.how === how);
  return [
    timesRow(),
    groups(ways).map((group) =>
      h(
        "div",
        { key: group, class: "failures", role: "group", "aria-label": group },
        h("h5", {}, group),
        ways.filter((way) => either(way.group) === group).map((way) => failureButton(name, way, isWaiting, press)),
      ),
    ),
  ];
}
