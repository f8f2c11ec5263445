/* Where you type: /commands with suggestions, @people, plain messages, and the ⚡ menu of shortcuts. */

import { avatar } from "./avatar.js";
import { h } from "./dom.js";
import { icon } from "./icons.js";
import { menu } from "./menu.js";
import { toEnd } from "./messages.js";
import { addressOf, channelOf, endHint, goTo, HOME, order, post, redraw, state, titleOf } from "./store.js";
import { t } from "./words.js";

let box = null;
let caret = 0;
let chosen = 0;
let dismissed = "";
let recalled = -1;

function place() {
  return `${state.me} ${state.channel}`;
}

function draft() {
  return state.drafts[place()] ?? "";
}

function write(text, at = text.length) {
  state.drafts[place()] = text;
  caret = at;
  chosen = 0;
  redraw();
  // At once and not with the next frame: the next key may come before it.
  if (box?.place !== place()) return;
  box.value = text;
  box.setSelectionRange(at, at);
}

/** The composer under the messages. */
export function composer() {
  if (channelOf(state.channel)?.is_archived)
    return h("div", { class: "composer archived" }, icon("archive"), t("archived"));
  const offers = suggestions();
  const open = offers.length > 0;
  return h(
    "div",
    { class: "composer" },
    open && list(offers),
    h(
      "form",
      {
        class: "composer-box",
        onsubmit: (event) => {
          event.preventDefault();
          send();
        },
      },
      shortcutButton(),
      h("textarea", {
        key: place(),
        id: "composer",
        class: "composer-text",
        "data-testid": "composer",
        rows: "1",
        autocomplete: "off",
        spellcheck: "false",
        placeholder: t("messageTo", titleOf(state.channel)),
        "aria-label": t("messageTo", titleOf(state.channel)),
        "aria-describedby": "composer-help",
        "aria-autocomplete": "list",
        "aria-haspopup": "listbox",
        "aria-controls": open ? "suggestions" : null,
        "aria-activedescendant": open ? `suggestion-${chosen}` : null,
        value: draft(),
        ref: (element) => {
          box = Object.assign(element, { place: place() });
          grow(element);
        },
        oninput: (event) => typed(event.target),
        onkeydown: keys,
        onkeyup: moved,
        onclick: moved,
      }),
      h(
        "button",
        {
          type: "submit",
          class: "send",
          "data-testid": "send",
          "aria-label": t("send"),
          title: t("send"),
          disabled: !draft().trim(),
        },
        icon("send"),
      ),
    ),
    h("p", { id: "composer-help", class: "composer-help" }, t("composerHelp")),
  );
}

/** Put the cursor where a person types. */
export function focusComposer() {
  box?.focus({ preventScroll: true });
}

function grow(element) {
  const text = `${element.value.length} ${element.clientWidth}`;
  if (element.grown === text) return;
  element.grown = text;
  element.style.height = "auto";
  element.style.height = `${Math.min(element.scrollHeight, 180)}px`;
}

function typed(element) {
  state.drafts[place()] = element.value;
  caret = element.selectionStart;
  chosen = 0;
  dismissed = "";
  recalled = -1;
  redraw();
}

function moved(event) {
  if (caret === event.target.selectionStart) return;
  caret = event.target.selectionStart;
  redraw();
}

/* Suggestions: {id, label, more, face, text, caret} where text is the draft once it is taken. */

function suggestions() {
  const text = draft();
  if (dismissed === text) return [];
  return commandOffers(text) ?? peopleOffers(text);
}

function commandOffers(text) {
  if (!/^\/\S*$/.test(text)) return null;
  const all = state.snapshot.commands.flatMap(({ command, description }) => [
    { id: command, label: command, more: description, text: `${command} ` },
    { id: `${command} help`, label: `${command} help`, more: t("help"), text: `${command} help` },
  ]);
  return all
    .filter((offer) => offer.label.startsWith(text.toLowerCase()))
    .map((offer) => ({ ...offer, caret: offer.text.length }));
}

function peopleOffers(text) {
  const match = /(^|\s)@([\p{L}\p{N}._-]*)$/u.exec(text.slice(0, caret));
  if (!match) return [];
  const start = caret - match[2].length - 1;
  const wanted = match[2].toLowerCase();
  const names = (user) => [user.real_name, user.name, user.display_name].filter(Boolean);
  const fits = (user) =>
    names(user).some((name) =>
      name
        .toLowerCase()
        .split(/[\s._-]+/)
        .concat(name.toLowerCase())
        .some((word) => word.startsWith(wanted)),
    );
  return state.snapshot.users
    .filter(fits)
    .slice(0, 8)
    .map((user) => {
      const inserted = `@${user.real_name || user.name} `;
      return {
        id: user.id,
        label: user.real_name || user.name,
        more: user.name,
        face: user,
        text: text.slice(0, start) + inserted + text.slice(caret),
        caret: start + inserted.length,
      };
    });
}

function list(offers) {
  return h(
    "ul",
    {
      id: "suggestions",
      class: "suggestions",
      role: "listbox",
      "data-testid": "suggestions",
      "aria-label": offers[0].face ? t("people") : t("commands"),
    },
    offers.map((offer, index) =>
      h(
        "li",
        {
          key: offer.id,
          id: `suggestion-${index}`,
          class: "suggestion",
          role: "option",
          "aria-selected": String(index === chosen),
          // mousedown, because a click would first take the focus out of the box.
          onmousedown: (event) => {
            event.preventDefault();
            take(offer);
          },
        },
        offer.face ? avatar(offer.face, "tiny") : h("span", { class: "suggestion-mark" }, icon("bolt")),
        h("span", { class: "suggestion-name" }, offer.label),
        h("span", { class: "suggestion-more" }, offer.more),
      ),
    ),
  );
}

function take(offer) {
  write(offer.text, offer.caret);
  dismissed = offer.text;
}

function keys(event) {
  if (event.isComposing) return;
  const offers = suggestions();
  const act = (offers.length ? LIST_KEYS[event.key] : null) ?? KEYS[event.key];
  if (act && act(event, offers) !== false) event.preventDefault();
}

const LIST_KEYS = {
  ArrowDown: (event, offers) => step(1, offers),
  ArrowUp: (event, offers) => step(-1, offers),
  Escape: () => dismiss(),
  Tab: (event, offers) => (event.shiftKey ? false : take(offers[chosen])),
  // A command that is typed in full is sent by Enter, as Slack does, and not completed again.
  Enter: (event, offers) =>
    event.shiftKey ? false : offers[chosen].text.trim() === draft().trim() ? send() : take(offers[chosen]),
};

const KEYS = {
  Enter: (event) => (event.shiftKey ? false : send()),
  ArrowUp: () => recall(1),
  ArrowDown: () => (recalled < 0 ? false : recall(-1)),
};

function dismiss() {
  dismissed = draft();
  redraw();
}

function step(by, offers) {
  chosen = (chosen + by + offers.length) % offers.length;
  redraw();
}

function recall(by) {
  const past = state.history;
  if (!past.length || (draft() && recalled < 0)) return false;
  const next = Math.min(recalled + by, past.length - 1);
  write(next < 0 ? "" : past[past.length - 1 - next]);
  dismissed = draft();
  recalled = Math.max(next, -1);
  return true;
}

function send() {
  const text = draft().trim();
  if (!text) return;
  if (state.history.at(-1) !== text) state.history.push(text);
  recalled = -1;
  write("");
  toEnd();
  if (text.startsWith("/")) sendCommand(text);
  else order("/_/say", { user: state.me, channel: addressOf(state.channel), text: withIds(text) });
}

async function sendCommand(text) {
  const [, command, rest] = /^(\/\S*)\s*([\s\S]*)$/.exec(text);
  if (!state.snapshot.commands.some((each) => each.command === command)) return notice(t("notACommand", command));
  endHint();
  const { me: user, channel } = state;
  const answer = await post("/_/command", { user, channel: addressOf(channel), text: withIds(rest), command });
  if (!answer.ok || answer.acked === false)
    notice(t("failedWith", command, answer.error ?? t("noAnswer")), user, channel);
}

/** `text` with @names as Slack sends them for a command that asked for it: <@U…>. */
function withIds(text) {
  const named = state.snapshot.users.flatMap((user) =>
    [user.real_name, user.name].filter(Boolean).map((name) => [`@${name}`, user.id]),
  );
  // The longest name first: "@Li" must not eat the beginning of "@Li Na".
  return named
    .sort(([a], [b]) => b.length - a.length)
    .reduce(
      (result, [name, id]) =>
        result.replace(new RegExp(`(^|\\s)${escape(name)}(?![\\p{L}\\p{N}@]|\\.[\\p{L}\\p{N}])`, "gu"), `$1<@${id}>`),
      text,
    );
}

function escape(name) {
  return name.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");
}

function notice(text, user = state.me, channel = state.channel) {
  const at = Date.now() / 1000;
  state.notices.push({ notice: true, ts: `notice-${at}`, at, user_seen: user, channel, text, ephemeral_for: user });
  redraw();
}

/** Type the command and send it, in #people-ops: what the first-visit hint offers. */
export function typeTheCommand() {
  if (state.channel !== HOME) goTo(HOME);
  const command = state.snapshot.commands[0]?.command ?? "/newhire";
  write(command);
  dismissed = command;
  setTimeout(send, matchMedia("(prefers-reduced-motion: reduce)").matches ? 0 : 450);
}

function shortcutButton() {
  const shortcuts = state.snapshot.shortcuts.filter((each) => each.type === "global");
  return menu({
    id: "shortcuts",
    label: t("shortcuts"),
    title: t("shortcuts"),
    empty: t("noShortcuts"),
    face: "bolt",
    className: "icon-button bolt",
    testid: "shortcuts",
    items: shortcuts.map(({ callback_id, name }) => ({
      key: callback_id,
      name,
      face: "form",
      testid: `shortcut-${callback_id}`,
      choose: () => order("/_/shortcut", { user: state.me, callback_id }),
    })),
  });
}
