/* An open view as a dialog over the workspace. Only the workspace is covered: who you are and what reached the vendor
   stay in sight and in use, because they are outside of Slack. */

import { blocks } from "./blocks.js";
import { classes, h } from "./dom.js";
import { emptyOf, holdsValue, initialOf } from "./elements.js";
import { botFace, icon } from "./icons.js";
import { plainText } from "./mrkdwn.js";
import { post, redraw, state } from "./store.js";
import { clientSentence, t } from "./words.js";

/** The view on top for the person you are, if one is open. */
export function openView() {
  return state.snapshot.views.filter((each) => each.user === state.me && !state.forms.get(each.id)?.closing).at(-1);
}

/** Bring what this page remembers of open views in line with a new snapshot. */
export function settleForms() {
  const open = new Map(state.snapshot.views.map((each) => [each.id, each]));
  for (const id of state.forms.keys()) if (!open.has(id)) state.forms.delete(id);
  for (const opened of open.values()) settle(formOf(opened), opened);
}

function settle(form, opened) {
  const fields = fieldsOf(opened.view);
  const places = new Set(fields.map(([block, element]) => placeOf(block, element)));
  const ids = new Set(fields.map(([block]) => block.block_id));
  for (const place of form.typed.keys()) if (!places.has(place)) form.typed.delete(place);
  for (const id of Object.keys(form.errors)) if (!ids.has(id)) delete form.errors[id];
  if (form.answered) form.submitting = form.answered = false;
}

// Slack keeps what was typed while block_id and action_id stay; another kind of element starts anew.
function placeOf(block, element) {
  return `${block.block_id} ${element.action_id} ${element.type}`;
}

function formOf(opened) {
  if (!state.forms.has(opened.id)) {
    state.forms.set(opened.id, {
      typed: new Map(),
      errors: { ...opened.errors },
      banner: null,
      submitting: false,
      answered: false,
      acting: 0,
      closing: false,
      focusError: false,
    });
  }
  return state.forms.get(opened.id);
}

function fieldsOf(view) {
  return (view.blocks ?? [])
    .flatMap((block) =>
      [block.element, block.accessory, ...(block.type === "actions" ? block.elements : [])].map((each) => [
        block,
        each,
      ]),
    )
    .filter(([, element]) => holdsValue(element));
}

function valueOf(opened, block, element) {
  const place = placeOf(block, element);
  const { typed } = formOf(opened);
  if (typed.has(place)) return typed.get(place);
  if (!opened.values) return initialOf(element);
  // The sandbox leaves out what is empty, and nests by action_id where a block holds several elements.
  const kept = opened.values[block.block_id];
  const several = kept !== null && typeof kept === "object" && !Array.isArray(kept);
  return (several ? kept[element.action_id] : kept) ?? emptyOf(element);
}

/** What is in the form now, empty fields included: {block_id: value}, or {block_id: {action_id: value}} for several. */
function allValues(opened) {
  const values = {};
  for (const [block, element] of fieldsOf(opened.view)) {
    const value = valueOf(opened, block, element);
    const several = block.type === "actions" && block.elements.filter(holdsValue).length > 1;
    if (several) (values[block.block_id] ??= {})[element.action_id] = value;
    else values[block.block_id] = value;
  }
  return values;
}

function type(opened, block, element, value) {
  const form = formOf(opened);
  form.typed.set(placeOf(block, element), value);
  delete form.errors[block.block_id];
  redraw();
}

async function act(opened, block, element, value) {
  const form = formOf(opened);
  form.acting += 1;
  form.banner = null;
  redraw();
  const answer = await post("/_/act", {
    user: opened.user,
    view_id: opened.id,
    block_id: block.block_id,
    action_id: element.action_id,
    value,
    values: allValues(opened),
  });
  form.acting -= 1;
  if (!answer.ok) form.banner = t("trouble");
  redraw();
}

async function submit(opened) {
  const form = formOf(opened);
  if (form.submitting) return;
  Object.assign(form, { submitting: true, answered: false, banner: null, errors: {} });
  redraw();
  const answer = await post("/_/submit", { user: opened.user, view_id: opened.id, values: allValues(opened) });
  const errors = errorsOf(answer);
  if (answer.ok && !Object.keys(errors).length) await settled(form);
  else Object.assign(form, { submitting: false, errors, focusError: true, banner: bannerFor(opened, errors) });
  redraw();
}

function errorsOf({ errors = {}, error = "" }) {
  const said = (error ?? "").startsWith("client:") ? clientSentence : (text) => text;
  return Object.fromEntries(Object.entries(errors).map(([id, text]) => [id, said(text)]));
}

// An error without a field in the form would be said nowhere: it goes to the top.
function bannerFor(opened, errors) {
  const places = new Set(fieldsOf(opened.view).map(([block]) => block.block_id));
  const homeless = Object.entries(errors)
    .filter(([id]) => !places.has(id))
    .map(([, text]) => text);
  if (homeless.length) return homeless.join(" ");
  return Object.keys(errors).length ? null : t("trouble");
}

// The answer and the snapshot that takes the view away travel separately: until that one is here the button stays busy,
// or a quick second click would send the form again. A view that stays open (response_action update) is given back soon.
async function settled(form) {
  form.answered = true;
  await new Promise((done) => setTimeout(done, 500));
  form.submitting = false;
}

async function closeView(opened) {
  const form = formOf(opened);
  form.closing = true;
  redraw();
  const answer = await post("/_/close", { user: opened.user, view_id: opened.id });
  if (!answer.ok) Object.assign(form, { closing: false, banner: t("trouble") });
  redraw();
}

/** The dialog for an open view. */
export function modal(opened) {
  const { view } = opened;
  const form = formOf(opened);
  const heading = `${opened.id}-title`;
  return h(
    "div",
    { key: "scrim", class: "scrim" },
    h(
      "div",
      {
        key: opened.id,
        class: classes("modal", form.submitting && "busy"),
        role: "dialog",
        "aria-modal": "true",
        "aria-labelledby": heading,
        "data-testid": "modal",
        ref: (element, first) => (first ? focusFirst(element, view) : focusError(element, form)),
        onkeydown: (event) => keys(event, opened),
      },
      h(
        "form",
        { class: "modal-form", novalidate: true, onsubmit: (event) => send(event, opened) },
        h(
          "div",
          { class: "modal-head" },
          h("span", { class: "avatar small bot" }, botFace()),
          h("h2", { id: heading }, plainText(view.title)),
          h(
            "button",
            { type: "button", class: "icon-button", "aria-label": t("close"), onclick: () => closeView(opened) },
            icon("close"),
          ),
          h("span", { class: classes("progress", form.acting > 0 && "on"), "aria-hidden": "true" }),
        ),
        form.banner &&
          h(
            "div",
            { key: "banner", class: "banner", role: "alert", "data-testid": "modal-banner" },
            icon("warning"),
            form.banner,
          ),
        h(
          "div",
          { key: "body", class: "modal-body", "aria-busy": form.acting > 0 ? "true" : null },
          blocks(view.blocks ?? [], surfaceOf(opened, form)),
        ),
        h("div", { key: "foot", class: "modal-foot" }, buttons(opened, form)),
      ),
    ),
  );
}

function send(event, opened) {
  event.preventDefault();
  if (opened.view.submit) submit(opened);
}

function buttons(opened, form) {
  const { view } = opened;
  return [
    h(
      "button",
      { type: "button", class: "button", "data-testid": "modal-cancel", onclick: () => closeView(opened) },
      plainText(view.close) || t(view.submit ? "cancel" : "close"),
    ),
    view.submit &&
      h(
        "button",
        {
          type: "submit",
          class: "button primary",
          "data-testid": "modal-submit",
          // Not `disabled`: that would throw the focus of a keyboard out of the dialog; submit() itself sends once.
          "aria-disabled": form.submitting ? "true" : null,
          "aria-busy": form.submitting ? "true" : null,
        },
        form.submitting && h("span", { class: "spinner", "aria-hidden": "true" }),
        plainText(view.submit),
      ),
  ];
}

function surfaceOf(opened, form) {
  return {
    id: `v${opened.id}`,
    errorOf: (blockId) => form.errors[blockId],
    use: (block, element) => ({
      value: holdsValue(element) ? valueOf(opened, block, element) : null,
      error: form.errors[block.block_id],
      onInput: (value) => type(opened, block, element, value),
      onAct: (value) => act(opened, block, element, value),
    }),
  };
}

const FOCUSABLE = "a[href], button, input, select, textarea";

function focusFirst(dialog, view) {
  const wanted = fieldsOf(view).find(([, element]) => element.focus_on_load)?.[0];
  const body = dialog.querySelector(".modal-body");
  const field = wanted && body.querySelector(`[data-testid="field-${CSS.escape(wanted.block_id)}"]`);
  (field ?? body.querySelector(FOCUSABLE) ?? dialog.querySelector(FOCUSABLE)).focus({ preventScroll: !field });
}

function focusError(dialog, form) {
  if (!form.focusError) return;
  form.focusError = false;
  const field = dialog.querySelector("[aria-invalid=true]");
  (field?.getAttribute("role") ? field.querySelector("input") : field)?.focus({ preventScroll: true });
  field?.closest(".block")?.scrollIntoView({ block: "center" });
}

function keys(event, opened) {
  if (event.isComposing) return;
  if (event.key === "Escape") {
    event.preventDefault();
    closeView(opened);
  } else if (event.key === "Tab") {
    keepInside(event);
  }
}

function keepInside(event) {
  const stops = [...event.currentTarget.querySelectorAll(FOCUSABLE)].filter(
    (each) => each.offsetParent !== null && !each.disabled,
  );
  const [first, last] = [stops[0], stops.at(-1)];
  if (event.shiftKey ? document.activeElement !== first : document.activeElement !== last) return;
  event.preventDefault();
  (event.shiftKey ? last : first).focus();
}
