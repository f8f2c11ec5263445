/* The question before a button that asks for one (Block Kit's `confirm`), as a dialog over everything. */

import { classes, h } from "./dom.js";
import { icon } from "./icons.js";
import { plainText, textObject } from "./mrkdwn.js";
import { change, state } from "./store.js";
import { t } from "./words.js";

let opener = null;

/** Ask, and go on only if the answer is yes. */
export function ask(confirm, goOn) {
  opener = document.activeElement;
  change({ question: { confirm, goOn } });
}

/** The dialog, while there is a question. */
export function question() {
  if (!state.question) return null;
  const { confirm, goOn } = state.question;
  return h(
    "div",
    { key: "question", class: "scrim whole", onkeydown: keys },
    h(
      "div",
      {
        class: "modal question",
        role: "alertdialog",
        "aria-modal": "true",
        "aria-labelledby": "question-title",
        "aria-describedby": "question-text",
        "data-testid": "question",
      },
      h("h2", { id: "question-title" }, plainText(confirm.title)),
      h("div", { id: "question-text", class: "text" }, textObject(confirm.text)),
      h(
        "button",
        { key: "close", type: "button", class: "icon-button", "aria-label": t("close"), onclick: () => answered() },
        icon("close"),
      ),
      h(
        "div",
        { class: "question-buttons" },
        h(
          "button",
          { type: "button", class: "button", "data-testid": "question-no", onclick: () => answered() },
          plainText(confirm.deny) || t("cancel"),
        ),
        h(
          "button",
          {
            type: "button",
            class: classes("button", confirm.style === "danger" ? "danger filled" : "primary"),
            "data-testid": "question-yes",
            ref: (element, first) => first && element.focus(),
            onclick: () => answered(goOn),
          },
          plainText(confirm.confirm) || t("yes"),
        ),
      ),
    ),
  );
}

function answered(goOn) {
  change({ question: null });
  opener?.focus?.();
  goOn?.();
}

function keys(event) {
  if (event.key === "Escape") {
    event.stopPropagation();
    answered();
  } else if (event.key === "Tab") {
    event.preventDefault();
    const buttons = [...event.currentTarget.querySelectorAll("button")];
    const here = buttons.indexOf(document.activeElement) + (event.shiftKey ? -1 : 1);
    buttons.at(here % buttons.length).focus();
  }
}
