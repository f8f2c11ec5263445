/* Block Kit's blocks, in messages and in modals. https://docs.slack.dev/reference/block-kit/blocks */

import { classes, h } from "./dom.js";
import { control, holdsValue, speaksAtOnce } from "./elements.js";
import { icon } from "./icons.js";
import { mrkdwn, plainText, textObject } from "./mrkdwn.js";
import { redraw } from "./store.js";
import { t } from "./words.js";

/** Where a block lives. What a surface must say about its elements:
    id: a prefix that keeps element ids unique; use(block, element) -> {value, errors, onInput, onAct, …}. */

// Which page of a data table somebody looks at: {place of the table: number from 0 on}.
const pages = new Map();

/** Draw blocks, in order. */
export function blocks(list, surface) {
  return list.map((block, index) => {
    const known = Object.hasOwn(BLOCKS, block.type);
    const content = known
      ? BLOCKS[block.type](block, surface)
      : h("p", { class: "unsupported" }, t("unsupported", block.type));
    return h("div", { key: keyOf(block, index), class: `block block-${block.type}` }, content);
  });
}

// A field that asks for something else is another element: the same name with another kind must not keep its text.
function keyOf(block, index) {
  const kind = block.element?.type ?? block.accessory?.type ?? "";
  return block.block_id ? `${block.block_id} ${block.type} ${kind}` : `#${index} ${block.type}`;
}

const BLOCKS = {
  section,
  header: (block, surface) => h(surface.heading ?? "h3", { class: "block-title" }, textObject(block.text)),
  divider: () => h("hr", {}),
  context: (block) => h("div", { class: "context" }, block.elements.map(contextItem)),
  actions: (block, surface) =>
    h(
      "div",
      { class: "actions" },
      block.elements.map((each) => element(block, each, surface)),
    ),
  image: (block) => [block.title && h("p", { class: "image-title" }, plainText(block.title)), picture(block)],
  alert,
  input,
  table: (block) => h("div", { class: "table-frame" }, grid(block.rows[0], block.rows.slice(1))),
  data_table: dataTable,
  markdown: (block) => mrkdwn(fromMarkdown(block.text ?? "")),
};

function section(block, surface) {
  return h(
    "div",
    { class: "section" },
    h(
      "div",
      { class: "section-main" },
      block.text && h("div", { class: "text" }, textObject(block.text)),
      block.fields &&
        h(
          "div",
          { class: "fields" },
          block.fields.map((each) => h("div", { class: "text" }, textObject(each))),
        ),
    ),
    block.accessory &&
      h(
        "div",
        { class: "accessory" },
        block.accessory.type === "image" ? picture(block.accessory) : element(block, block.accessory, surface),
      ),
    errorOf(block, surface),
  );
}

// https://docs.slack.dev/reference/block-kit/blocks/table-block: the first row is the header.
function grid(head, rows, caption, named) {
  const cell = (each) => (each.type === "rich_text" ? "…" : each.text ?? String(each.value ?? ""));
  const body = (row, index) =>
    h(
      "tr",
      { key: `${index}` },
      row.map((each, place) => (place === named ? h("th", { scope: "row" }, cell(each)) : h("td", {}, cell(each)))),
    );
  return h(
    "table",
    { class: "table" },
    caption && h("caption", {}, caption),
    h("thead", {}, h("tr", {}, head.map((each) => h("th", { scope: "col" }, cell(each))))),
    h("tbody", {}, rows.map(body)),
  );
}

// https://docs.slack.dev/reference/block-kit/blocks/data-table-block: a page at a time. Slack also sorts and filters it.
function dataTable(block, surface) {
  const [head, ...rows] = block.rows;
  const size = block.page_size ?? 5;
  const place = `${surface.id} ${block.block_id}`;
  const last = Math.ceil(rows.length / size) - 1;
  const page = Math.min(pages.get(place) ?? 0, last);
  const turn = (to, face, label) =>
    h(
      "button",
      {
        type: "button",
        class: "icon-button",
        "aria-label": label,
        title: label,
        disabled: to < 0 || to > last,
        "data-testid": to < page ? "page-before" : "page-after",
        onclick: () => {
          pages.set(place, to);
          redraw();
        },
      },
      icon(face),
    );
  const shown = rows.slice(page * size, (page + 1) * size);
  return [
    h("div", { class: "table-frame paged" }, grid(head, shown, block.caption, block.row_header_column_index ?? 0)),
    h(
      "div",
      { class: "pages" },
      turn(page - 1, "back", t("pageBefore")),
      h("span", { "data-testid": "page-number" }, t("pageOf", page * size + 1, page * size + shown.length, rows.length)),
      turn(page + 1, "chevron", t("pageAfter")),
    ),
  ];
}

function contextItem(item) {
  return item.type === "image" ? picture(item) : h("span", { class: "text" }, textObject(item));
}

// Nothing is fetched from outside the sandbox: a picture elsewhere is shown by its description.
function picture(image) {
  const inside =
    /^(data:image\/|\/(?!\/))/.test(image.image_url ?? "") || image.image_url?.startsWith(`${location.origin}/`);
  if (inside) return h("img", { src: image.image_url, alt: image.alt_text ?? "", loading: "lazy" });
  return h("span", { class: "picture", role: "img", "aria-label": image.alt_text }, image.alt_text);
}

const ALERT_ICONS = { default: "info", info: "info", warning: "warning", error: "error", success: "check" };

function alert(block) {
  const level = Object.hasOwn(ALERT_ICONS, block.level) ? block.level : "default";
  const role = level === "error" || level === "warning" ? "alert" : "status";
  return h(
    "div",
    { class: `alert ${level}`, role },
    icon(ALERT_ICONS[level]),
    h("div", { class: "text" }, textObject(block.text)),
  );
}

function element(block, each, surface) {
  const use = surface.use(block, each);
  const label =
    plainText(block.label) ||
    plainText(each.placeholder) ||
    (block.text ? plainText(block.text).replace(/[*_~`]/g, "") : "");
  const testid = holdsValue(each) ? `field-${block.block_id}` : block.block_id === "more" ? "more-options" : null;
  return control(each, {
    ...use,
    id: idOf(block, each, surface),
    label,
    testid,
    invalid: Boolean(use.error),
    describedBy: use.error ? errorId(block, surface) : null,
    onAct: speaksAtOnce(block) ? use.onAct : null,
  });
}

function idOf(block, each, surface) {
  return `${surface.id}-${block.block_id}-${each.action_id ?? "value"}`;
}

function errorId(block, surface) {
  return `${surface.id}-${block.block_id}-error`;
}

function input(block, surface) {
  const id = idOf(block, block.element, surface);
  const use = surface.use(block, block.element);
  const hint = block.hint && `${id}-hint`;
  const grouped = block.element.type === "checkboxes" || block.element.type === "radio_buttons";
  const control_ = control(block.element, {
    ...use,
    id,
    labelledBy: grouped ? `${id}-label` : null,
    describedBy: [use.error && errorId(block, surface), hint].filter(Boolean).join(" ") || null,
    invalid: Boolean(use.error),
    required: !block.optional,
    testid: `field-${block.block_id}`,
    onAct: block.dispatch_action ? use.onAct : null,
  });
  return h(
    "div",
    { class: classes("field", use.error && "wrong") },
    h(
      grouped ? "span" : "label",
      { class: "label", id: `${id}-label`, for: grouped ? null : id },
      plainText(block.label),
      block.optional && h("span", { class: "optional" }, ` ${t("optional")}`),
    ),
    control_,
    errorOf(block, surface),
    block.hint && h("p", { class: "hint", id: hint }, textObject(block.hint)),
  );
}

function errorOf(block, surface) {
  const error = surface.errorOf?.(block.block_id);
  if (!error) return null;
  return h(
    "p",
    { class: "error", id: errorId(block, surface), "data-testid": `error-${block.block_id}` },
    icon("warning"),
    h("span", {}, error),
  );
}

function fromMarkdown(text) {
  return text
    .replace(/\*\*(.+?)\*\*/g, "*$1*")
    .replace(/\[([^\]]+)\]\((https?:[^)\s]+)\)/g, "<$2|$1>")
    .replace(/^#{1,6}\s+(.+)$/gm, "*$1*");
}
