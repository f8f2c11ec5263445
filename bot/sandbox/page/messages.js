/* The message list of a channel: who, when, what; edits shine for a moment; new ones keep the list at its end. */

import { avatar, botAvatar } from "./avatar.js";
import { blocks } from "./blocks.js";
import { classes, h } from "./dom.js";
import { holdsValue, initialOf } from "./elements.js";
import { botFace, icon } from "./icons.js";
import { menu } from "./menu.js";
import { mrkdwn } from "./mrkdwn.js";
import {
  botName,
  channelOf,
  messagesIn,
  nameOf,
  person,
  post,
  redraw,
  shining,
  state,
  titleOf,
  toast,
} from "./store.js";
import { clientSentence, clock, clockExact, day, t } from "./words.js";

const GROUP_SECONDS = 300;
const NEAR_THE_END = 80;

/** What a message counts as changed by. */
export function signature(message) {
  return JSON.stringify([message.text, message.blocks, message.edited]);
}

/** The messages of the channel you are in, and what stands under the last one. */
export function messageList(after) {
  const all = messagesIn(state.channel, state.me);
  const top = all.filter((message) => !message.parent || message.in_channel);
  const list = [...top, ...notices()].sort((a, b) => timeOf(a) - timeOf(b));
  const key = `${state.me} ${state.channel}`;
  return h(
    "div",
    { class: "messages" },
    h(
      "div",
      {
        key,
        class: "log",
        role: "log",
        "aria-live": "polite",
        "aria-relevant": "additions text",
        "aria-label": t("messagesIn", titleOf(state.channel)),
        tabindex: "0",
        ref: (element, first) => followEnd(element, first),
        onscroll: (event) => noteScroll(event.target),
      },
      h("div", { class: "log-fill" }),
      beginning(),
      list.map((message, index) => [row(message, list[index - 1]), thread(message, all)]),
      after,
    ),
    state.behind &&
      h("button", { type: "button", class: "pill", onclick: () => toEnd() }, icon("arrowDown"), t("newMessages")),
  );
}

let log = null;
let atEnd = true;

function noteScroll(element) {
  atEnd = element.scrollHeight - element.scrollTop - element.clientHeight < NEAR_THE_END;
  if (atEnd && state.behind) {
    state.behind = false;
    redraw();
  }
}

function followEnd(element, first) {
  log = element;
  const count = element.childElementCount;
  if (first || atEnd) toEnd();
  else if (count > (element.count ?? 0)) queueMicrotask(() => showBehind());
  element.count = count;
}

function showBehind() {
  state.behind = true;
  redraw();
}

/** Scroll to the newest message and stay there. */
export function toEnd() {
  atEnd = true;
  if (log) log.scrollTop = log.scrollHeight;
}

function notices() {
  return state.notices.filter((notice) => notice.user_seen === state.me && notice.channel === state.channel);
}

function timeOf(message) {
  return Number(message.at ?? message.ts);
}

function beginning() {
  const channel = channelOf(state.channel);
  const direct = !channel || channel.is_dm;
  const name = titleOf(state.channel);
  return h(
    "div",
    { key: "beginning", class: "beginning" },
    h(
      "span",
      { class: direct ? "beginning-mark avatar bot" : "beginning-mark" },
      direct ? botFace() : icon(channel.is_private ? "lock" : "hash"),
    ),
    h("p", { class: "beginning-name" }, direct ? name : channel.name),
    h("p", { class: "beginning-text" }, direct ? t("beginningDm", name) : t("beginning", name)),
  );
}

function row(message, before) {
  const newDay = !before || day(timeOf(before)) !== day(timeOf(message));
  return [newDay && dayLine(message), article(message, !newDay && follows(message, before))];
}

/* Threads: the replies hang under their message, behind a line that counts them. */

function thread(parent, all) {
  const replies = all.filter((message) => message.parent && message.parent === parent.ts);
  if (!replies.length) return null;
  const open = !state.closedThreads.has(parent.ts);
  return h(
    "div",
    { key: `thread ${parent.ts}`, class: "thread", "data-testid": "thread" },
    h(
      "button",
      {
        type: "button",
        class: "thread-line",
        "aria-expanded": String(open),
        "data-testid": "thread-line",
        onclick: () => toggleThread(parent.ts),
      },
      repliers(replies),
      h("span", { class: "thread-count" }, t("replies", replies.length)),
      h("span", { class: "thread-last" }, t("lastReply", clock(timeOf(replies.at(-1))))),
    ),
    open && h("div", { class: "replies" }, replies.map((reply) => article(reply, false, true))),
  );
}

function repliers(replies) {
  const first = [...new Map(replies.map((reply) => [reply.user, reply])).values()];
  return h("span", { class: "repliers" }, first.slice(0, 4).map((reply) => face(reply, "mini")));
}

function toggleThread(ts) {
  if (!state.closedThreads.delete(ts)) state.closedThreads.add(ts);
  redraw();
}

function dayLine(message) {
  const name = day(timeOf(message));
  return h("div", { key: `day ${name}`, class: "day", role: "separator" }, h("span", {}, name));
}

function follows(message, before) {
  // A message of blocks is a thing of its own, with its own name and time.
  return (
    authorOf(before) === authorOf(message) &&
    !message.blocks?.length &&
    !before.blocks?.length &&
    !message.ephemeral_for &&
    !before.ephemeral_for &&
    timeOf(message) - timeOf(before) < GROUP_SECONDS
  );
}

function authorOf(message) {
  return message.notice ? "notice" : message.bot ? "bot" : message.user;
}

function article(message, following, reply = false) {
  return h(
    "article",
    {
      key: message.ts,
      class: classes(
        "message",
        following && "following",
        reply && "reply",
        message.ephemeral_for && "ephemeral",
        shining(`${state.channel} ${message.ts}`),
      ),
      "data-testid": "message",
      "data-ts": message.ts,
      "data-ephemeral": message.ephemeral_for ? "true" : null,
      "aria-label": `${authorName(message)}, ${clock(timeOf(message))}`,
    },
    h("div", { class: "gutter" }, following ? time(message) : face(message, reply ? "tiny" : "")),
    h(
      "div",
      { class: "message-body" },
      message.ephemeral_for && h("p", { class: "only-you" }, icon("eye"), t("onlyYou")),
      message.in_channel && !reply && h("p", { class: "only-you" }, icon("chat"), t("alsoInChannel")),
      !following &&
        h(
          "p",
          { class: "byline" },
          h("span", { class: "author" }, authorName(message)),
          message.bot && h("span", { class: "app-badge" }, t("app")),
          time(message),
        ),
      content(message, reply),
      message.files?.map(fileCard),
    ),
    moreActions(message, reply),
  );
}

function fileCard(file) {
  const size = t("fileSize", Math.max(1, Math.round(file.size / 1024)));
  return h(
    "a",
    { class: "file-card", key: file.id, href: `/_/file/${file.id}`, download: file.name, "data-testid": "file-card" },
    icon("file"),
    h("span", { class: "file-name" }, file.name),
    h("span", { class: "file-size" }, size),
  );
}

/** What can be done with a message: the app's message shortcuts. Slack offers none for what only one person sees. */
function moreActions(message, reply) {
  const shortcuts = state.snapshot.shortcuts.filter((each) => each.type === "message");
  if (message.ephemeral_for || message.notice || !shortcuts.length) return null;
  const where = { user: state.me, channel: state.channel, ts: message.ts };
  return h(
    "div",
    { class: "message-tools" },
    menu({
      id: `${reply ? "reply" : "message"} ${message.ts}`,
      label: t("moreActions"),
      title: t("shortcuts"),
      face: "dots",
      className: "icon-button",
      testid: "message-more",
      items: shortcuts.map(({ callback_id, name }) => ({
        key: callback_id,
        name: [name, h("span", { class: "menu-from" }, botName())],
        face: "form",
        testid: `shortcut-${callback_id}`,
        choose: () => asked("/_/message-shortcut", { ...where, callback_id }),
      })),
    }),
  );
}

function time(message) {
  const at = timeOf(message);
  return h("time", { class: "time", datetime: new Date(at * 1000).toISOString(), title: clockExact(at) }, clock(at));
}

function face(message, size) {
  const user = person(message.user);
  if (message.notice) return h("span", { class: "avatar notice", "aria-hidden": "true" }, icon("plug"));
  return message.bot || !user ? botAvatar(size) : avatar(user, size);
}

function authorName(message) {
  if (message.notice) return t("onlyYouBot");
  return message.bot ? botName() : nameOf(message.user);
}

function content(message, reply) {
  const edited = message.edited && h("span", { key: "edited", class: "edited" }, t("edited"));
  if (!message.blocks?.length) return h("div", { class: "text" }, mrkdwn(message.text ?? ""), edited && [" ", edited]);
  return [h("div", { class: "blocks" }, blocks(message.blocks, surfaceOf(message, reply))), edited];
}

const chosen = new Map();

function surfaceOf(message, reply) {
  return {
    id: `${reply ? "r" : "m"}${message.ts}`,
    heading: "h2",
    use: (block, element) => {
      const place = `${message.ts} ${block.block_id} ${element.action_id}`;
      return {
        value: chosen.get(place) ?? (holdsValue(element) ? initialOf(element) : null),
        busy: state.busy.has(place),
        onInput: (value) => {
          chosen.set(place, value);
          redraw();
        },
        onAct: (value) =>
          act(place, {
            user: state.me,
            channel: state.channel,
            ts: message.ts,
            block_id: block.block_id,
            action_id: element.action_id,
            value,
          }),
      };
    },
  };
}

/** Tell the bot, and say so in the client's words when it did not answer. */
async function asked(path, what) {
  const answer = await post(path, what);
  if (!answer.ok) toast(clientSentence(answer.error), true);
}

async function act(place, what) {
  state.busy.add(place);
  redraw();
  await asked("/_/act", what);
  state.busy.delete(place);
  redraw();
}
