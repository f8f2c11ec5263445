/* What a first visitor reads under the messages: what there is to try, and a button that begins. */

import { typeTheCommand } from "./composer.js";
import { h } from "./dom.js";
import { endHint, state } from "./store.js";
import { t } from "./words.js";

/** The hint, until somebody has put it away. */
export function hint() {
  if (!state.hint) return null;
  const [before, command, after] = t("hint1");
  return h(
    "aside",
    { key: "hint", class: "welcome", "data-testid": "hint", "aria-label": t("hintTitle") },
    h("h2", {}, t("hintTitle")),
    h(
      "ol",
      {},
      h("li", {}, before, h("code", { class: "code" }, command), after),
      h("li", {}, t("hint2")),
      h("li", {}, t("hint3")),
      h("li", {}, t("hint4")),
    ),
    h(
      "p",
      { class: "welcome-buttons" },
      h("button", { type: "button", class: "button primary", "data-testid": "hint-do", onclick: typeTheCommand }, t("hintDo")),
      h(
        "button",
        { type: "button", class: "button quiet", "data-testid": "hint-close", onclick: endHint },
        t("hintClose"),
      ),
    ),
  );
}
