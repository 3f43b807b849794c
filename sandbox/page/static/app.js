// The page as a whole: who is writing, which view is open, and the live stream that feeds chat and wall.

import * as api from "./api.js";
import { alertBox, Chat, toast } from "./chat.js";
import { Composer } from "./composer.js";
import { $, icon, make } from "./dom.js";
import { Wall } from "./wall.js";

const OPERATOR = 1001;
const LANGUAGES = [["en", "English"], ["ru", "Русский"]];

const chat = new Chat({ onChange: () => composer.refresh(), onCommand: (command) => composer.say(command) });
const composer = new Composer(chat);
const wall = new Wall((count) => badge("[data-wall-count]", count));
let stop = () => {};
let unread = 0;

async function open(user) {
  stop();
  let lost = false;
  stop = api.listen(user, {
    onOpen: async () => {
      // Whatever happened while nobody listened is in the chat itself.
      await load(user);
      wall.soon();
      if (lost) toast("Connected again");
      lost = false;
    },
    onLost: () => {
      if (!lost) toast("The sandbox is away; trying again…");
      lost = true;
    },
    onEvent: heard,
  });
}

async function load(user) {
  const state = await api.readChat(user);
  chat.show(state);
  composer.setCommands(state.commands);
  composer.refresh();
  document.querySelector('[data-testid="bot-name"]').textContent = state.bot.first_name;
  $("persona").hidden = user === OPERATOR;
  $("persona").textContent = `You are writing as ${state.user.first_name}, a stranger to the bot`;
  document.body.dataset.user = user;
  document.body.dataset.ready = "true";
}

const HEARD = {
  "telegram.message": (data) => {
    chat.take(data);
    if (data.from_bot && document.body.dataset.view === "wall") badge("[data-chat-count]", (unread += 1));
  },
  "telegram.edit": (data) => chat.take(data),
  "telegram.delete": (data) => chat.remove(data.message_id),
  "telegram.action": (data) => chat.action(data.action),
  "telegram.answer": (data) => chat.answered(data),
  "telegram.commands": async () => composer.setCommands((await api.readChat(chat.user)).commands),
};

function heard(topic, data) {
  if (HEARD[topic]) HEARD[topic](data);
  else if (!topic.startsWith("telegram.")) wall.soon();
}

function badge(selector, count) {
  for (const node of document.querySelectorAll(selector)) {
    node.hidden = !count;
    node.textContent = count;
  }
}

function view(name) {
  document.body.dataset.view = name;
  for (const tab of document.querySelectorAll("[data-go]")) tab.setAttribute("aria-selected", String(tab.dataset.go === name));
  if (name === "chat") {
    badge("[data-chat-count]", (unread = 0));
    chat.toEnd();
  }
}

async function chooseUser() {
  const { users } = await api.readUsers();
  $("users").replaceChildren(...users.map((user) => make(
    "button",
    {
      type: "button", class: "choice", "data-testid": "user-choice", "data-user": String(user.id),
      onclick: () => ($("user-sheet").close(), open(user.id)),
    },
    make("span", { class: `dot ${user.id === OPERATOR ? "blue" : "grey"}` }, user.first_name[0]),
    make("span", {}, make("b", {}, user.id === OPERATOR ? `You (${user.first_name})` : user.first_name),
      make("small", {}, user.id === OPERATOR ? `the operator · ${user.id}` : `a stranger · ${user.id}`)),
    user.id === chat.user ? tick() : null,
  )));
  const now = users.find((user) => user.id === chat.user)?.language_code;
  $("languages").replaceChildren(...LANGUAGES.map(([code, name]) => make("button", {
    type: "button", class: "quiet", "data-testid": `language-${code}`, "aria-pressed": String(code === now),
    onclick: async () => {
      await api.changeUser(chat.user, { language_code: code });
      $("user-sheet").close();
      await load(chat.user);
    },
  }, name)));
  $("user-sheet").showModal();
}

function tick() {
  const node = icon("check");
  node.classList.add("tick");
  return node;
}

const YOUTUBE = /^https:\/\/(?:(?:www|m|studio)\.)?(?:youtube\.com\/(?:watch\?v=|shorts\/|video\/)|youtu\.be\/)([\w-]+)/;
const TIKTOK = /^https:\/\/www\.tiktok\.com\/@[^/]+\/video\/(\d+)/;

const TELEGRAM = /^https:\/\/t\.me\/((?:c\/)?\w+\/\d+)$/;

function videoOf(address) {
  const url = new URL(address);
  if (url.origin === location.origin && url.pathname === "/watch") return url.searchParams.get("v");
  return (YOUTUBE.exec(address) || TIKTOK.exec(address) || TELEGRAM.exec(address))?.[1];
}

// A link to a video that hangs on the wall leads there: the real site knows nothing of it.
document.addEventListener("click", (event) => {
  const link = event.target.closest?.("a[href]");
  const id = link && videoOf(link.href);
  if (id && wall.point(id)) {
    event.preventDefault();
    view("wall");
  }
});

async function show(id) {
  view("wall");
  await wall.ready;
  if (!wall.point(id)) alertBox("This video is not on the wall. It was deleted, or it never was there.");
}

async function watchBot() {
  const { online } = await api.readBot().catch(() => ({ online: false }));
  chat.present(online);
}

for (const tab of document.querySelectorAll("[data-go]")) tab.addEventListener("click", () => view(tab.dataset.go));
$("more").addEventListener("click", chooseUser);
$("alert-ok").addEventListener("click", () => $("alert").close());
const asked = new URLSearchParams(location.search);
if (asked.get("view") === "wall") view("wall");
if (asked.get("video")) show(asked.get("video"));
watchBot();
setInterval(watchBot, 3000);
const first = Number(asked.get("user")) || OPERATOR;
// A browser keeps the pages one left, with their streams, and talks to one server over six connections only.
addEventListener("pagehide", () => stop());
addEventListener("pageshow", (event) => event.persisted && open(chat.user || first));
open(first);
