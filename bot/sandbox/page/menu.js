/* A button that opens a small menu: the shortcuts, what can be done with a message, an overflow menu of blocks. */

import { classes, h } from "./dom.js";
import { icon } from "./icons.js";
import { change, state } from "./store.js";

/** The button and, while it is open, its menu.
    `it`: id (of all menus one is open), label, face (an icon), className, testid, busy, title, empty, and
    items [{key, name, face, href, testid, choose()}]. */
export function menu(it) {
  const open = state.menu === it.id;
  return h(
    "span",
    { class: classes("menu-holder", open && "open") },
    h(
      "button",
      {
        type: "button",
        class: it.className,
        "aria-haspopup": "menu",
        "aria-expanded": String(open),
        "aria-busy": it.busy ? "true" : null,
        "aria-disabled": it.busy ? "true" : null,
        "data-testid": it.testid,
        "aria-label": it.label,
        title: it.label,
        onclick: (event) => !it.busy && turn(it.id, open, event.currentTarget),
      },
      it.busy ? h("span", { class: "spinner dark", "aria-hidden": "true" }) : icon(it.face),
    ),
    open && list(it),
  );
}

function turn(id, open, button) {
  const { top, left } = button.getBoundingClientRect();
  const main = button.closest(".slack, .modal")?.getBoundingClientRect();
  const isRight = main && left > main.left + main.width / 2;
  change({ menu: open ? null : id, menuSide: classes(top > innerHeight * 0.55 ? "up" : "drop", isRight && "end") });
}

function list(it) {
  return h(
    "div",
    { class: `menu ${state.menuSide}`, role: "menu", "aria-label": it.label, onkeydown: walk },
    it.title && h("p", { class: "menu-title" }, it.title),
    it.items.length ? it.items.map((item, index) => entry(item, index === 0)) : h("p", { class: "menu-empty" }, it.empty),
  );
}

function entry(item, isFirst) {
  const props = {
    key: item.key,
    class: "menu-item",
    role: "menuitem",
    "data-testid": item.testid,
    ref: (element, first) => first && isFirst && element.focus(),
    onclick: (event) => take(event.currentTarget, item),
  };
  const content = [item.face && icon(item.face), h("span", {}, item.name)];
  if (item.href) return h("a", { ...props, href: item.href, target: "_blank", rel: "noreferrer noopener" }, content);
  return h("button", { ...props, type: "button" }, content);
}

function take(element, item) {
  // The menu goes and would take the focus with it.
  element.closest(".menu-holder").querySelector("button").focus();
  change({ menu: null });
  item.choose();
}

function walk(event) {
  const entries = [...event.currentTarget.querySelectorAll(".menu-item")];
  const here = entries.indexOf(document.activeElement);
  const next = { ArrowDown: here + 1, ArrowUp: here - 1, Home: 0, End: -1 }[event.key];
  if (next === undefined || !entries.length) return;
  event.preventDefault();
  entries.at(next % entries.length).focus();
}
