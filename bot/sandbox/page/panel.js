/* The side panel: a tab for each vendor that the snapshot lists, and one for Slack. */

import { classes, h } from "./dom.js";
import { icon } from "./icons.js";
import { slackSide } from "./slack-side.js";
import { change, remember, state } from "./store.js";
import { vendor } from "./vendors.js";
import { either, t } from "./words.js";

const SLACK = "slack";

/** The whole panel. */
export function sidePanel() {
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
