/* What the page knows: the sandbox's last snapshot, and what only this browser knows (who you are, what you typed). */

export const PEOPLE = { first: ["U0ALICE01", "U0LINA001", "U0MAX0001"], start: { en: "U0ALICE01", zh: "U0LINA001" } };
export const HOME = "C0PEOPLE1";

/** For a failure that stays until it is taken back: as many calls as the sandbox takes for that. */
export const FOREVER = 1_000_000;

// Whoever comes first is somebody who speaks the browser's language; from then on it goes by who you are.
const START = /^zh\b/i.test(navigator.language) ? PEOPLE.start.zh : PEOPLE.start.en;

export const state = {
  snapshot: null,
  online: false,
  wasConnected: false,
  me: recall("me") ?? START,
  channel: recall("channel") ?? HOME,
  pane: "chat",
  menu: null,
  menuSide: "drop",
  appTab: recall("appTab") ?? "messages",
  tab: recall("tab"),
  drafts: {},
  history: [],
  notices: [],
  read: {},
  flashes: new Map(),
  opened: new Set(),
  forms: new Map(),
  times: 1,
  slackTarget: "chat.postMessage",
  busy: new Set(),
  closedThreads: new Set(),
  banners: [],
  question: null,
  toast: null,
  hint: recall("hint", "localStorage") !== "seen",
};

let draw = () => {};
let queued = false;

export function onDraw(callback) {
  draw = callback;
}

/** Draw once, after the event that is being handled: what a person (or a test) does next meets the page as it is now. */
export function redraw() {
  if (queued) return;
  queued = true;
  queueMicrotask(() => {
    queued = false;
    if (state.snapshot) draw();
  });
}

/** Change the state and draw. */
export function change(values) {
  Object.assign(state, values);
  redraw();
}

/** Remember `value` in this tab, or for good with "localStorage"; a browser that forbids it just forgets. */
export function remember(name, value, where = "sessionStorage") {
  try {
    window[where].setItem(`newhire.${name}`, value);
  } catch {
    /* private windows may refuse */
  }
}

function recall(name, where = "sessionStorage") {
  try {
    return window[where].getItem(`newhire.${name}`);
  } catch {
    return null;
  }
}

/** POST JSON to the sandbox; an unreachable sandbox is an answer too: {ok: false, offline: true}. */
export async function post(path, body) {
  try {
    const answer = await fetch(path, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify(body ?? {}),
    });
    return await answer.json();
  } catch {
    return { ok: false, offline: true, error: "the sandbox does not answer" };
  }
}

let toastTimer = 0;

/** Say one short thing at the bottom of the page for a few seconds. */
export function toast(text, bad = false) {
  clearTimeout(toastTimer);
  toastTimer = setTimeout(() => change({ toast: null }), 4500);
  change({ toast: { text, bad } });
}

/** POST, and say so when it was refused. */
export async function order(path, body) {
  const answer = await post(path, body);
  if (!answer.ok) toast(answer.error ?? "refused", true);
  return answer;
}

const SHINE_MILLIS = 2400;

/** Let whatever is called `key` shine for a moment. */
export function shine(key) {
  state.flashes.set(key, { count: (state.flashes.get(key)?.count ?? 0) + 1, at: Date.now() });
}

/** The class name of something that shines now, "" otherwise: what is only shown again does not shine again. */
export function shining(key) {
  const flash = state.flashes.get(key);
  // Two names that alternate, so that a second change starts the animation afresh.
  return flash && Date.now() - flash.at < SHINE_MILLIS ? `flash-${flash.count % 2}` : "";
}

export function person(id) {
  return state.snapshot.users.find((user) => user.id === id);
}

export function myself() {
  return person(state.me) ?? state.snapshot.users[0];
}

export function nameOf(id) {
  const user = person(id);
  return user ? user.real_name || user.name : id;
}

/** How a channel is called in sentences: #general, or the bot's name in direct messages. */
export function titleOf(channelId) {
  const channel = channelOf(channelId);
  return channel && !channel.is_dm ? `#${channel.name}` : botName();
}

export function botName() {
  return state.snapshot.bot.name || "newhire";
}

/** The id of a person's direct messages with the bot; the channel itself exists once somebody wrote there. */
export function dmOf(userId) {
  const channel = state.snapshot.channels.find((each) => each.is_dm && each.user === userId);
  return channel?.id ?? `D${userId.slice(1)}`;
}

/** The id to send to: the sandbox opens direct messages for a person's own id. */
export function addressOf(channelId) {
  return channelOf(channelId) ? channelId : state.me;
}

export function channelOf(id) {
  return state.snapshot.channels.find((channel) => channel.id === id);
}

/** The channels a person sees; private ones are for their members, or for admins where the sandbox names no members. */
export function channelsFor(user) {
  return state.snapshot.channels.filter((channel) => !channel.is_dm && (!channel.is_private || belongs(channel, user)));
}

function belongs(channel, user) {
  return channel.members ? channel.members.includes(user.id) : Boolean(user.is_admin);
}

/** What a person sees in a channel, replies in threads included. */
export function messagesIn(channelId, userId) {
  const all = state.snapshot.messages[channelId] ?? [];
  return all.filter((message) => !message.ephemeral_for || message.ephemeral_for === userId);
}

/** What rang a person up and has not been looked at since, in one channel or in all of them. */
export function unreadPings(userId, channelId) {
  return state.snapshot.notifications.filter(
    (each) =>
      each.user === userId &&
      (!channelId || each.channel === channelId) &&
      Number(each.ts) > (state.read[`${userId} ${each.channel}`] ?? 0),
  );
}

/** Whether this is where somebody and the bot are by themselves; the channel exists once something was written there. */
export function isDirect(channelId) {
  return channelOf(channelId)?.is_dm ?? true;
}

/** Whether the app's Home tab is what you look at. */
export function isAtHome() {
  return isDirect(state.channel) && state.appTab === "home" && state.snapshot.home_tab;
}

/** Look at a channel; of the app's own place, at one of its two tabs. */
export function goTo(channelId, appTab = "messages") {
  remember("channel", channelId);
  remember("appTab", appTab);
  const banners = state.banners.filter((each) => each.channel !== channelId);
  change({ channel: channelId, appTab, pane: "chat", menu: null, banners });
  tellOpened();
}

/** Let Slack know that the app's own place was opened: the app is told, and may draw. */
export function tellOpened() {
  if (isDirect(state.channel) && state.snapshot.home_tab) post("/_/home", { user: state.me, tab: state.appTab });
}

export function become(userId) {
  remember("me", userId);
  Object.assign(state, { me: userId, banners: [], question: null });
  const here = channelOf(state.channel);
  const lost = here ? here.is_dm || !channelsFor(myself()).includes(here) : true;
  // A direct message stays a direct message, but with the other person's bot.
  if (lost) goTo(!here || here.is_dm ? dmOf(userId) : HOME, state.appTab);
  change({ menu: null });
}

/** Put the first-visit hint away for good. */
export function endHint() {
  remember("hint", "seen", "localStorage");
  change({ hint: false });
}
