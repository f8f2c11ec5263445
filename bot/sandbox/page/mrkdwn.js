/* Slack's mrkdwn as page elements. https://docs.slack.dev/messaging/formatting-message-text */

import { classes, h } from "./dom.js";
import { withArt } from "./emoji-art.js";
import { withEmoji } from "./emoji.js";
import { channelOf, goTo, nameOf, person, state } from "./store.js";
import { format } from "./words.js";

/** Elements for a mrkdwn string: code blocks, quotes, lines, and everything within a line. */
export function mrkdwn(text) {
  return text.split(/```\n?([\s\S]*?)\n?```/).map((part, index) => (index % 2 ? pre(part) : paragraphs(part)));
}

/** Elements for a Slack text object, {type: "mrkdwn" | "plain_text", text, emoji}. */
export function textObject(object) {
  if (!object) return [];
  if (object.type === "mrkdwn") return mrkdwn(object.text ?? "");
  return plain(object.text ?? "", object.emoji !== false);
}

/** The same as one plain string, for attributes and options. */
export function plainText(object) {
  return object ? withEmoji(object.text ?? "") : "";
}

/** A mrkdwn string as a notification says it: names instead of ids, and no marks. */
export function spoken(text) {
  return withEmoji(unescape(text.replace(/<([^<>]+)>/g, (whole, angle) => said(angle)).replace(/[*_~`]/g, "")));
}

function said(angle) {
  const [target, label] = split(angle);
  if (target.startsWith("@")) return `@${person(target.slice(1)) ? nameOf(target.slice(1)) : label || target.slice(1)}`;
  if (target.startsWith("#")) return `#${channelOf(target.slice(1))?.name ?? label}`;
  if (target.startsWith("!date^")) return label;
  return target.startsWith("!") ? groupName(target, label) : label || target;
}

function plain(text, emoji) {
  return lines(emoji ? withEmoji(text) : text, withArt);
}

function pre(text) {
  return h("pre", { class: "code" }, unescape(text));
}

function paragraphs(text) {
  const groups = [];
  for (const line of text.replace(/^\n|\n$/g, "").split("\n")) {
    const quoted = /^(&gt;|>)\s?/.test(line);
    const content = quoted ? line.replace(/^(&gt;|>)\s?/, "") : line;
    if (groups.at(-1)?.quoted === quoted) groups.at(-1).lines.push(content);
    else groups.push({ quoted, lines: [content] });
  }
  return groups.map((group) => {
    const content = lines(group.lines.join("\n"), inline);
    return group.quoted ? h("blockquote", { class: "quote" }, content) : content;
  });
}

function lines(text, each) {
  return text.split("\n").map((line, index) => [index > 0 && h("br"), each(line)]);
}

// In this order: code keeps everything inside, then <...>, then pairs of markers around words.
const INLINE = new RegExp(
  [
    "`(?<code>[^`]+)`",
    "<(?<angle>[^<>]+)>",
    ...[
      ["bold", "*"],
      ["italic", "_"],
      ["strike", "~"],
    ].map(([name, mark]) => {
      const m = `\\${mark}`.replace("\\_", "_").replace("\\~", "~");
      // A zero-width space counts as blank: bots put one beside a sign that is meant as it is.
      const visible = `[^\\s\\u200b${m}]`;
      return `(?<![\\p{L}\\p{N}${m}])${m}(?<${name}>${visible}(?:[^${m}]*${visible})?)${m}(?![\\p{L}\\p{N}${m}])`;
    }),
  ].join("|"),
  "u",
);

function inline(text) {
  const parts = [];
  let rest = text;
  for (let match = INLINE.exec(rest); match; match = INLINE.exec(rest)) {
    parts.push(leaf(rest.slice(0, match.index)), marked(match.groups));
    rest = rest.slice(match.index + match[0].length);
  }
  return [...parts, leaf(rest)];
}

function leaf(text) {
  return withArt(withEmoji(unescape(text)));
}

function marked({ code, angle, bold, italic, strike }) {
  if (code) return h("code", { class: "code" }, unescape(code.replace(/<(?:[^<>|]*\|)?([^<>]*)>/g, "$1")));
  if (angle) return reference(angle);
  if (bold) return h("strong", {}, inline(bold));
  if (italic) return h("em", {}, inline(italic));
  return h("s", {}, inline(strike));
}

function reference(angle) {
  const [target, label] = split(angle);
  if (target.startsWith("@")) return mention(target.slice(1), label);
  if (target.startsWith("#")) return channelLink(target.slice(1), label);
  if (target.startsWith("!date^")) return dateOf(target, label);
  if (target.startsWith("!")) return h("span", { class: "mention" }, groupName(target, label));
  return link(target, label);
}

function split(angle) {
  const bar = angle.indexOf("|");
  return bar < 0 ? [angle, ""] : [angle.slice(0, bar), unescape(angle.slice(bar + 1))];
}

function mention(id, label) {
  const known = person(id);
  return h("span", { class: classes("mention", id === state.me && "me") }, `@${known ? nameOf(id) : label || id}`);
}

function channelLink(id, label) {
  const channel = channelOf(id);
  if (!channel) return h("span", { class: "mention" }, `#${label || id}`);
  return h("button", { type: "button", class: "mention link", onclick: () => goTo(id) }, `#${channel.name}`);
}

function groupName(target, label) {
  const name = label || target.replace(/^!(subteam\^)?/, "").split("^")[0];
  return name.startsWith("@") ? name : `@${name}`;
}

const DATES = {
  date_num: { year: "numeric", month: "2-digit", day: "2-digit" },
  date: { year: "numeric", month: "long", day: "numeric" },
  date_short: { year: "numeric", month: "short", day: "numeric" },
  date_long: { weekday: "long", year: "numeric", month: "long", day: "numeric" },
  time: { hour: "numeric", minute: "2-digit" },
  time_secs: { hour: "numeric", minute: "2-digit", second: "2-digit" },
};

function dateOf(target, label) {
  const [, seconds, pattern = ""] = target.split("^");
  if (!Number.isFinite(Number(seconds))) return label;
  const filled = pattern.replace(/\{(\w+?)(?:_pretty)?\}/g, (whole, name) =>
    DATES[name] ? format(Number(seconds), DATES[name]) : whole,
  );
  return h("time", { datetime: new Date(Number(seconds) * 1000).toISOString() }, unescape(filled));
}

function link(target, label) {
  const address = unescape(target);
  // A bot's text must not be able to run anything: only addresses that a person could have clicked in Slack.
  if (!/^(https?:|mailto:|tel:)/i.test(address)) return label || address;
  const text = label || address.replace(/^(mailto:|tel:)/i, "");
  return h("a", { href: address, target: "_blank", rel: "noreferrer noopener" }, text);
}

function unescape(text) {
  return text.replace(/&lt;/g, "<").replace(/&gt;/g, ">").replace(/&amp;/g, "&");
}
