/* What is typed and chosen in open views, before the bot knows of it: of the modal, and of the Home tab. */

import { emptyOf, holdsValue, initialOf } from "./elements.js";
import { post, redraw, state } from "./store.js";
import { t } from "./words.js";

/** Bring what this page remembers of open views in line with a new snapshot. */
export function settleForms() {
  const { views, homes } = state.snapshot;
  const open = new Map([...views, ...Object.values(homes)].map((each) => [each.id, each]));
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

/** What this page remembers of one view. */
export function formOf(opened) {
  if (!state.forms.has(opened.id)) {
    state.forms.set(opened.id, {
      typed: new Map(),
      errors: { ...opened.errors },
      banner: null,
      submitting: false,
      answered: false,
      acting: new Set(),
      closing: false,
      focusError: false,
    });
  }
  return state.forms.get(opened.id);
}

/** [block, element] of everything in a view that holds a value. */
export function fieldsOf(view) {
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
export function allValues(opened) {
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
  const place = placeOf(block, element);
  form.acting.add(place);
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
  form.acting.delete(place);
  if (!answer.ok) form.banner = t("trouble");
  redraw();
}

/** A view as blocks.js wants it. */
export function surfaceOf(opened) {
  const form = formOf(opened);
  return {
    id: `v${opened.id}`,
    errorOf: (blockId) => form.errors[blockId],
    use: (block, element) => ({
      value: holdsValue(element) ? valueOf(opened, block, element) : null,
      error: form.errors[block.block_id],
      busy: form.acting.has(placeOf(block, element)),
      onInput: (value) => type(opened, block, element, value),
      onAct: (value) => act(opened, block, element, value),
    }),
  };
}
