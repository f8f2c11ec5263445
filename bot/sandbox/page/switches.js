/* What the tabs of the side panel are made of: a card with a heading, the switches that make the next call fail, and the
   box that says what is waiting to happen. */

import { classes, h } from "./dom.js";
import { icon } from "./icons.js";
import { change, FOREVER, state } from "./store.js";
import { either, t } from "./words.js";

const TIMES = [1, 3, 20, FOREVER];

/** A card with a heading, and how many things are in it. */
export function part(title, count, content) {
  return h(
    "section",
    { key: title, class: "card", "aria-label": title },
    h("h4", {}, title, count > 0 && h("span", { class: "count" }, String(count))),
    content,
  );
}

/** What is waiting to happen, [{title, times}], and a button that takes it back. */
export function armedBox(name, waiting, clear) {
  return h(
    "div",
    { class: "armed", role: "status" },
    icon("bolt"),
    h(
      "span",
      { class: "armed-text" },
      h("strong", {}, t("armed")),
      waiting.map(({ title, times }, index) =>
        h("span", { key: index, class: "armed-way" }, title, times > 1 && ` × ${times > 1000 ? "∞" : times}`),
      ),
    ),
    h("button", { type: "button", class: "button compact", "data-testid": `clear-${name}`, onclick: clear }, t("clear")),
  );
}

/** For how many calls the next switch counts. */
export function timesRow() {
  return choices(
    t("forNext"),
    TIMES.map((count) => ({
      key: count,
      title: count === FOREVER ? t("always") : t("calls", count),
      here: state.times === count,
      choose: () => change({ times: count }),
    })),
  );
}

/** Choose one of several: [{key, title, here, choose}]. */
export function choices(title, all) {
  return h(
    "div",
    { class: "times", role: "group", "aria-label": title },
    h("span", { class: "times-title" }, title),
    all.map(({ key, title: name, here, choose }) =>
      h(
        "button",
        {
          key,
          type: "button",
          class: classes("times-choice", here && "here"),
          "aria-pressed": String(here),
          "data-testid": `choose-${key}`,
          onclick: choose,
        },
        name,
      ),
    ),
  );
}

/** One way to fail: {how, title, why}; `press(how)` arms it. */
export function failureButton(name, { how, title, why }, isWaiting, press) {
  const waiting = isWaiting(how);
  return h(
    "button",
    {
      key: how,
      type: "button",
      class: classes("failure", waiting && "waiting"),
      "data-testid": `fail-${name}-${how}`,
      "aria-pressed": String(waiting),
      onclick: () => press(how),
    },
    h("span", { class: "failure-title" }, either(title)),
    h("span", { class: "failure-why" }, either(why)),
    waiting && icon("bolt"),
  );
}
