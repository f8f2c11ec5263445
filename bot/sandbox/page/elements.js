/* Block Kit's interactive elements. https://docs.slack.dev/reference/block-kit/block-elements
   A value is what the control API calls a simple value: a string, a list of strings for checkboxes, null when nothing is chosen. */

import { classes, h } from "./dom.js";
import { icon } from "./icons.js";
import { menu } from "./menu.js";
import { plainText, textObject } from "./mrkdwn.js";
import { ask } from "./question.js";
import { nameOf, post, redraw, state } from "./store.js";
import { t } from "./words.js";

const TEXT_MODES = {
  plain_text_input: "text",
  email_text_input: "email",
  url_text_input: "url",
  number_input: "decimal",
};

/** Whether an element holds a value that is sent with the form. */
export function holdsValue(element) {
  return Boolean(element) && Object.hasOwn(CONTROLS, element.type) && !["button", "overflow"].includes(element.type);
}

/** The value an element starts with. */
export function initialOf(element) {
  if (element.initial_options) return element.initial_options.map((option) => option.value);
  if (element.initial_option) return element.initial_option.value;
  const given = element.initial_value ?? element.initial_date ?? element.initial_time ?? element.initial_user;
  return given ?? emptyOf(element);
}

/** The value of an element in which nothing was typed or chosen. */
export function emptyOf(element) {
  if (element.type === "checkboxes") return [];
  return Object.hasOwn(TEXT_MODES, element.type) ? "" : null;
}

/** Draw one element.
    `use`: id, value, label, labelledBy, describedBy, invalid, required, busy (a click is under way), onInput(value),
    onAct(value) (sent to the bot at once). */
export function control(element, use) {
  return Object.hasOwn(CONTROLS, element.type)
    ? CONTROLS[element.type](element, asking(element, use))
    : h("span", { class: "unsupported" }, t("unsupported", element.type));
}

// An element that asks first does nothing until the answer is yes: not even what was chosen stays.
function asking(element, use) {
  if (!element.confirm || !use.onAct) return use;
  const onAct = (value) =>
    ask(element.confirm, () => {
      if (holdsValue(element)) use.onInput(value);
      use.onAct(value);
    });
  return { ...use, onInput: redraw, onAct };
}

/** Whether the bot hears of each choice at once; in a message and in an actions block it always does. */
export function speaksAtOnce(block) {
  return block.type !== "input" || Boolean(block.dispatch_action);
}

const CONTROLS = {
  plain_text_input: textInput,
  email_text_input: textInput,
  url_text_input: textInput,
  number_input: textInput,
  static_select: staticSelect,
  users_select: usersSelect,
  datepicker: (element, use) => dateInput(element, use, "date"),
  timepicker: (element, use) => dateInput(element, use, "time"),
  checkboxes,
  radio_buttons: radioButtons,
  button,
  overflow,
  file_input: fileInput,
};

function naming(use) {
  return {
    id: use.id,
    "aria-label": use.labelledBy ? null : use.label,
    "aria-labelledby": use.labelledBy,
    "aria-describedby": use.describedBy,
    "aria-invalid": use.invalid ? "true" : null,
    "aria-required": use.required ? "true" : null,
    "data-testid": use.testid,
  };
}

function textInput(element, use) {
  const multiline = Boolean(element.multiline);
  const input = h(multiline ? "textarea" : "input", {
    ...naming(use),
    key: multiline ? "long" : "short",
    class: "input",
    // Not type=email or number: a browser would rewrite or swallow what was typed, and the sandbox must see it.
    type: multiline ? null : "text",
    rows: multiline ? "4" : null,
    inputmode: TEXT_MODES[element.type],
    autocomplete: "off",
    spellcheck: "false",
    placeholder: plainText(element.placeholder),
    value: use.value ?? "",
    oninput: (event) => use.onInput(event.target.value),
    onkeydown: (event) => {
      if (event.key !== "Enter" || event.isComposing || multiline || !use.onAct) return;
      event.preventDefault();
      use.onAct(event.target.value);
    },
  });
  const room = element.max_length ? element.max_length - [...(use.value ?? "")].length : Infinity;
  return [
    input,
    room <= 20 && h("span", { class: classes("counter", room < 0 && "over"), "aria-hidden": "true" }, t("left", room)),
  ];
}

// The bytes go to the pretend Slack at once, as with the real one; the form holds what Slack says of the file.
function fileInput(element, use) {
  const chosen = use.value?.[0];
  const choose = async (event) => {
    const file = event.target.files[0];
    if (!file) return;
    const bytes = new Uint8Array(await file.arrayBuffer());
    let text = "";
    for (let at = 0; at < bytes.length; at += 0x8000) text += String.fromCharCode(...bytes.subarray(at, at + 0x8000));
    const answer = await post("/_/upload", { user: state.me, name: file.name, content: btoa(text) });
    if (answer.ok) use.onInput([answer.file]);
  };
  return h(
    "span",
    { class: "file-input" },
    h(
      "span",
      { class: "button file-button" },
      t("chooseFile"),
      h("input", { ...naming(use), type: "file", key: "file", onchange: choose }),
    ),
    chosen && h("span", { class: "file-chosen" }, icon("file"), chosen.name),
  );
}

function staticSelect(element, use) {
  const groups = element.option_groups?.map((group) =>
    h("optgroup", { label: plainText(group.label) }, group.options.map(choice)),
  );
  return select(use, plainText(element.placeholder) || t("choose"), groups ?? element.options.map(choice));
}

function usersSelect(element, use) {
  const people = state.snapshot.users.map((user) => h("option", { key: user.id, value: user.id }, nameOf(user.id)));
  return select(use, plainText(element.placeholder) || t("choosePerson"), people);
}

function choice(option) {
  return h("option", { key: option.value, value: option.value }, plainText(option.text));
}

function select(use, placeholder, options) {
  return h(
    "span",
    { class: "select" },
    h(
      "select",
      {
        ...naming(use),
        class: classes("input", !use.value && "blank"),
        value: use.value ?? "",
        onchange: (event) => chosen(use, event.target.value || null),
      },
      h("option", { key: "", value: "", disabled: use.required }, placeholder),
      options,
    ),
    icon("down"),
  );
}

function chosen(use, value) {
  use.onInput(value);
  use.onAct?.(value);
}

function dateInput(element, use, type) {
  return h("input", {
    ...naming(use),
    class: classes("input", "short", !use.value && "blank"),
    type,
    value: use.value ?? "",
    onchange: (event) => chosen(use, event.target.value || null),
  });
}

function checkboxes(element, use) {
  const ticked = use.value ?? [];
  const toggle = (value, on) =>
    element.options.map((option) => option.value).filter((each) => (each === value ? on : ticked.includes(each)));
  return group(element, use, "checkbox", (option) => ({
    checked: ticked.includes(option.value),
    onchange: (event) => chosen(use, toggle(option.value, event.target.checked)),
  }));
}

function radioButtons(element, use) {
  return group(element, use, "radio", (option) => ({
    name: use.id,
    checked: use.value === option.value,
    onchange: () => chosen(use, option.value),
  }));
}

function group(element, use, type, props) {
  const role = type === "radio" ? "radiogroup" : "group";
  return h(
    "div",
    { ...naming(use), role, class: "choices", tabindex: "-1" },
    element.options.map((option) =>
      h(
        "label",
        { key: option.value, class: "choice" },
        h("input", { type, value: option.value, ...props(option) }),
        h(
          "span",
          {},
          h("span", { class: "choice-text" }, textObject(option.text)),
          option.description && h("span", { class: "choice-more" }, textObject(option.description)),
        ),
      ),
    ),
  );
}

function button(element, use) {
  const name = classes("button", element.style);
  const props = {
    class: name,
    "aria-label": element.accessibility_label,
    "data-testid": use.testid,
    "data-action": element.action_id,
  };
  const press = () => use.onAct?.(element.value ?? "");
  if (element.url && /^https?:/i.test(element.url)) {
    return h(
      "a",
      { ...props, href: element.url, target: "_blank", rel: "noreferrer noopener", onclick: press },
      plainText(element.text),
    );
  }
  return h(
    "button",
    {
      ...props,
      type: "button",
      onclick: use.busy ? null : press,
      // Not `disabled`: that would throw the focus of a keyboard out of the message.
      "aria-disabled": use.busy ? "true" : null,
      "aria-busy": use.busy ? "true" : null,
    },
    use.busy && h("span", { class: "spinner dark", "aria-hidden": "true" }),
    plainText(element.text),
  );
}

function overflow(element, use) {
  return menu({
    id: use.id,
    label: t("moreActions"),
    face: "dots",
    className: "button square",
    testid: use.testid ?? "overflow",
    busy: use.busy,
    items: element.options.map((option) => ({
      key: option.value,
      name: plainText(option.text),
      href: /^https?:/i.test(option.url ?? "") ? option.url : null,
      choose: () => use.onAct?.(option.value),
    })),
  });
}
