/* Slack's tab of the side panel: where the bot is, how Slack can be made to fail, and what the bot asked of it. */

import { h } from "./dom.js";
import { codesOf, SLACK_CALLS } from "./failures.js";
import { icon } from "./icons.js";
import { change, order, post, state, toast } from "./store.js";
import { armedBox, choices, failureButton, part, timesRow } from "./switches.js";
import { either, t } from "./words.js";

/** The whole tab. */
export function slackSide() {
  const { bot, channels, calls } = state.snapshot;
  return [
    h(
      "div",
      { class: "card vendor-head" },
      h(
        "div",
        { class: "vendor-title" },
        h("h3", {}, t("status")),
        h("span", { class: "sockets" }, t("sockets", bot.connected)),
      ),
    ),
    part(
      t("botInChannels"),
      null,
      h("ul", { class: "switches" }, channels.filter((each) => !each.is_dm).map(channelSwitch)),
    ),
    part(t("newColleague"), null, newColleague()),
    part(t("slackFails"), null, slackFailures()),
    part(t("slackCalls"), calls.length, callList(calls)),
  ];
}

function channelSwitch(channel) {
  return h(
    "li",
    { key: channel.id },
    h(
      "label",
      { class: "switch" },
      h("span", { class: "switch-name" }, icon(channel.is_private ? "lock" : "hash"), channel.name),
      h("input", {
        type: "checkbox",
        role: "switch",
        checked: channel.bot_in,
        "data-testid": `membership-${channel.id}`,
        onchange: (event) => order("/_/membership", { channel: channel.id, in: event.target.checked }),
      }),
      h("span", { class: "switch-state" }, t(channel.bot_in ? "in" : "out")),
    ),
  );
}

function newColleague() {
  const isTold = state.snapshot.events.includes("team_join");
  return [
    h("p", { class: "part-text" }, isTold ? t("joinTold") : t("joinNotTold")),
    h(
      "button",
      { type: "button", class: "button compact", "data-testid": "join", onclick: join },
      t("join"),
    ),
  ];
}

async function join() {
  const answer = await post("/_/join");
  if (answer.ok) toast(t("joined", answer.name));
  else toast(t("joinedAll"), true);
}

function slackFailures() {
  const { faults, ways } = state.snapshot;
  const method = state.slackTarget;
  const press = (how) => order("/_/slack/fail", { method, how, times: state.times });
  const isWaiting = (how) => faults.some((fault) => fault.method === method && fault.how === how);
  return [
    faults.length > 0 && armedBox("slack", faults.map(slackFault), () => order("/_/slack/fail", { method: "*", how: "" })),
    choices(
      t("which"),
      SLACK_CALLS.map((call) => ({
        key: call.method,
        title: either(call.title),
        here: call.method === method,
        choose: () => change({ slackTarget: call.method }),
      })),
    ),
    timesRow(),
    h(
      "div",
      { class: "failures" },
      [...ways, ...codesOf(method)].map((way) => failureButton("slack", way, isWaiting, press)),
    ),
  ];
}

function slackFault({ method, how, times }) {
  const call = SLACK_CALLS.find((each) => each.method === method);
  const way = [...state.snapshot.ways, ...codesOf(method)].find((each) => each.how === how);
  return { title: `${call ? either(call.title) : method}: ${way ? either(way.title) : how}`, times };
}

function callList(calls) {
  if (!calls.length) return h("p", { class: "nothing" }, t("noCalls"));
  return h(
    "ul",
    { class: "calls" },
    [...calls]
      .reverse()
      .map((call, index) =>
        h(
          "li",
          { key: `${call.at} ${calls.length - index}`, class: "call" },
          h("span", { class: `status ${call.ok ? "good" : "bad"}` }, call.ok ? "ok" : (call.error ?? "error")),
          h("span", { class: "mono" }, call.method),
          h("span", { class: "call-summary" }, typeof call.summary === "string" ? call.summary : ""),
        ),
      ),
  );
}
