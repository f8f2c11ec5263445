/* The app's own place, as Slack has it: a Home tab that the app draws for each person, and its messages. */

import { blocks } from "./blocks.js";
import { classes, h } from "./dom.js";
import { formOf, surfaceOf } from "./forms.js";
import { botFace, icon } from "./icons.js";
import { botName, goTo, state } from "./store.js";
import { t } from "./words.js";

const TITLES = { home: () => t("homeTab"), messages: () => t("messagesTab") };
const TABS = Object.keys(TITLES);

/** The two tabs under the app's name. */
export function appTabs() {
  if (!state.snapshot.home_tab) return null;
  return h(
    "div",
    { key: "app-tabs", class: "tabs app-tabs", role: "tablist", "aria-label": botName(), onkeydown: turnTab },
    TABS.map(tab),
  );
}

function tab(name) {
  const here = state.appTab === name;
  return h(
    "button",
    {
      key: name,
      type: "button",
      role: "tab",
      id: `app-tab-${name}`,
      class: classes("tab", here && "here"),
      "aria-selected": String(here),
      "aria-controls": here ? `app-${name}` : null,
      tabindex: here ? "0" : "-1",
      "data-testid": `app-tab-${name}`,
      onclick: () => goTo(state.channel, name),
    },
    TITLES[name](),
  );
}

function turnTab(event) {
  if (!["ArrowLeft", "ArrowRight"].includes(event.key)) return;
  const other = TABS.find((name) => name !== state.appTab);
  goTo(state.channel, other);
  document.getElementById(`app-tab-${other}`).focus();
}

/** The Home tab of the person you are. */
export function homeTab() {
  const home = state.snapshot.homes[state.me];
  return h(
    "section",
    {
      key: `home ${state.me}`,
      id: "app-home",
      class: "home",
      role: "tabpanel",
      "aria-labelledby": "app-tab-home",
      tabindex: "0",
      "data-testid": "home",
    },
    home ? drawn(home) : blank(),
  );
}

function drawn(home) {
  const { banner } = formOf(home);
  return [
    banner && h("div", { key: "banner", class: "banner", role: "alert" }, icon("warning"), banner),
    h("div", { key: "blocks", class: "blocks" }, blocks(home.view.blocks, { ...surfaceOf(home), heading: "h2" })),
  ];
}

function blank() {
  return h(
    "div",
    { key: "blank", class: "home-blank" },
    h("span", { class: "avatar bot big" }, botFace()),
    h("h2", {}, t("homeBlank")),
    h("p", {}, t("homeBlankMore", botName())),
  );
}
