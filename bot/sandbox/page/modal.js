/* An open view as a dialog over the workspace. Only the workspace is covered: who you are and what reached the vendor
   stay in sight and in use, because they are outside of Slack. */

import { blocks } from "./blocks.js";
import { classes, h } from "./dom.js";
import { allValues, fieldsOf, formOf, surfaceOf } from "./forms.js";
import { botFace, icon } from "./icons.js";
import { plainText } from "./mrkdwn.js";
import { post, redraw, state } from "./store.js";
import { clientSentence, t } from "./words.js";

/** The view on top for the person you are, if one is open. */
export function openView() {
  return state.snapshot.views.filter((each) => each.user === state.me && !state.forms.get(each.id)?.closing).at(-1);
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
          h("span", { class: classes("progress", form.acting.size > 0 && "on"), "aria-hidden": "true" }),
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
          { key: "body", class: "modal-body", "aria-busy": form.acting.size > 0 ? "true" : null },
          blocks(view.blocks ?? [], surfaceOf(opened)),
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
