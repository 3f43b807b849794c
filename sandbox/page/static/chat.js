// The chat: keeps the messages of one user on the screen in step with the server.

import * as api from "./api.js";
import { bubble } from "./bubbles.js";
import { $, day, make } from "./dom.js";

const ACTIONS = {
  upload_video: "sending a video", record_video: "recording a video", upload_document: "sending a file",
  upload_voice: "sending a voice message", upload_photo: "sending a photo",
};
const ANSWER_WITHIN_MS = 15000;
const GROUP_WITHIN_S = 300;

export class Chat {
  constructor({ onChange, onCommand }) {
    this.messages = new Map();
    this.pressed = new Map(); // callback query id -> {key, timer}
    this.early = new Map(); // answers that were quicker than the press's own reply
    this.onChange = onChange;
    this.onCommand = onCommand;
    this.log = $("log");
    this.loading = new Set();
    this.log.addEventListener("scroll", () => this.#scrolled(), { passive: true });
    this.log.addEventListener("click", (event) => this.#clicked(event));
    this.log.addEventListener("keydown", (event) => event.key === "Enter" && this.#clicked(event));
    $("jump").addEventListener("click", () => this.toEnd(true));
    // Pictures that arrive late and keyboards that open must not push the newest message out of sight.
    new ResizeObserver(() => this.stuck && this.toEnd()).observe(this.log);
    this.stuck = true;
    this.unseen = 0;
  }

  show(chat) {
    this.user = chat.user.id;
    this.messages = new Map(chat.messages.map((message) => [message.message_id, message]));
    this.welcome = chat.description;
    this.log.replaceChildren();
    this.unseen = 0;
    this.#redrawAll();
    this.toEnd();
  }

  take(message, { fresh = true } = {}) {
    if (message.chat_id !== this.user) return;
    const known = this.messages.get(message.message_id);
    if (known && (known.edit_date || 0) > (message.edit_date || 0)) return;
    // The sender's own answer and the stream tell the same: the bubble stays as it is.
    if (known && JSON.stringify(known) === JSON.stringify(message)) return;
    this.messages.set(message.message_id, message);
    const old = this.#node(message.message_id);
    if (old) this.#replace(old, message);
    else this.#append(message, fresh);
    if (message.from_bot) this.#status("");
    this.onChange();
  }

  remove(message_id) {
    this.messages.delete(message_id);
    this.#node(message_id)?.remove();
    this.#group();
    this.onChange();
  }

  // A bot that isn't running can't answer: say so where one looks for the answer.
  present(online) {
    this.online = online;
    if (!this.busy) this.#status("");
  }

  action(action) {
    this.#status(ACTIONS[action] || "typing");
    clearTimeout(this.actionTimer);
    this.actionTimer = setTimeout(() => this.#status(""), 5000);
  }

  answered(answer) {
    const waiting = this.pressed.get(answer.callback_query_id);
    if (!waiting) {
      this.early.set(answer.callback_query_id, answer);
      return;
    }
    clearTimeout(waiting.timer);
    this.pressed.delete(answer.callback_query_id);
    this.#settle(waiting.name);
    if (answer.url) window.open(answer.url, "_blank", "noopener");
    if (answer.text && answer.show_alert) alertBox(answer.text);
    else if (answer.text) toast(answer.text);
  }

  toEnd(smooth = false) {
    this.log.scrollTo({ top: this.log.scrollHeight, behavior: smooth ? "smooth" : "instant" });
    this.stuck = true;
    this.#scrolled();
  }

  pending(node) {
    this.log.append(node);
    this.toEnd();
  }

  get last() {
    return [...this.messages.values()].at(-1);
  }

  get sentMedia() {
    return [...this.messages.values()].some((message) => !message.from_bot && message.media);
  }

  #press = async (message, data, key) => {
    const name = `${message.message_id}/${data}`;
    if (this.loading.has(name)) return;
    this.loading.add(name);
    key.classList.add("loading");
    key.setAttribute("aria-busy", "true");
    try {
      const { callback_query_id } = await api.press(this.user, message.message_id, data);
      const timer = setTimeout(() => this.answered({ callback_query_id }), ANSWER_WITHIN_MS);
      this.pressed.set(callback_query_id, { name, timer });
      const early = this.early.get(callback_query_id);
      if (early) this.answered(early);
    } catch (error) {
      this.#settle(name);
      toast(error.message);
    }
  };

  // An edit replaces the bubble while a press waits: the mark goes to whichever key bears the same data now.
  #settle(name) {
    this.loading.delete(name);
    const [message_id, ...data] = name.split("/");
    for (const key of this.#node(message_id)?.querySelectorAll(".key.loading") || []) {
      if (key.dataset.callback === data.join("/")) {
        key.classList.remove("loading");
        key.removeAttribute("aria-busy");
      }
    }
  }

  #node(message_id) {
    return this.log.querySelector(`[data-message-id="${message_id}"]`);
  }

  #build(message) {
    const node = bubble(message, this.#press);
    for (const key of node.querySelectorAll(".key[data-callback]")) {
      if (this.loading.has(`${message.message_id}/${key.dataset.callback}`)) {
        key.classList.add("loading");
        key.setAttribute("aria-busy", "true");
      }
    }
    return node;
  }

  #replace(old, message) {
    const node = this.#build(message);
    const before = old.querySelector(".frame, audio");
    const after = node.querySelector(".frame, audio");
    // The same file goes on playing through an edit of its caption.
    const file = (media) => media.dataset.file || media.getAttribute("src");
    if (before && after && file(before) === file(after)) after.replaceWith(before);
    const focused = old.contains(document.activeElement) ? document.activeElement.dataset : null;
    old.replaceWith(node);
    if (focused?.row) node.querySelector(`.key[data-row="${focused.row}"][data-column="${focused.column}"]`)?.focus();
    this.#group();
    if (this.stuck) this.toEnd();
  }

  #append(message, fresh) {
    this.log.querySelector(".welcome")?.remove();
    const node = this.#build(message);
    if (fresh) node.classList.add("fresh");
    const following = [...this.log.querySelectorAll("[data-message-id]")].find(
      (other) => Number(other.dataset.messageId) > message.message_id,
    );
    const pending = this.log.querySelector(".msg.pending");
    this.log.insertBefore(node, following || (message.from_bot ? null : pending) || null);
    this.#group();
    for (const media of node.querySelectorAll("img, video")) {
      media.addEventListener(media.tagName === "IMG" ? "load" : "loadedmetadata", () => this.stuck && this.toEnd());
    }
    if (this.stuck || !message.from_bot) this.toEnd();
    else {
      this.unseen += 1;
      this.#scrolled();
    }
  }

  #redrawAll() {
    if (!this.messages.size) this.log.append(welcome(this.welcome));
    for (const message of this.messages.values()) this.log.append(this.#build(message));
    this.#group();
    for (const media of this.log.querySelectorAll("img, video")) {
      media.addEventListener(media.tagName === "IMG" ? "load" : "loadedmetadata", () => this.stuck && this.toEnd());
    }
  }

  // Days between the messages; the first and the last bubble of one side within a few minutes look different.
  #group() {
    for (const old of this.log.querySelectorAll(".day")) old.remove();
    const nodes = [...this.log.querySelectorAll("[data-message-id]")];
    const together = (one, other) =>
      one && other && one.from_bot === other.from_bot && other.date - one.date < GROUP_WITHIN_S;
    const list = nodes.map((node) => this.messages.get(Number(node.dataset.messageId)));
    nodes.forEach((node, at) => {
      node.classList.toggle("first", !together(list[at - 1], list[at]));
      node.classList.toggle("last", !together(list[at], list[at + 1]));
      const today = day(list[at].date);
      if (!at || day(list[at - 1].date) !== today) node.before(make("div", { class: "day" }, today));
    });
  }

  #scrolled() {
    const away = this.log.scrollHeight - this.log.scrollTop - this.log.clientHeight;
    this.stuck = away < 90;
    if (this.stuck) this.unseen = 0;
    $("jump").hidden = away < 320 && !this.unseen;
    const badge = $("jump").querySelector(".badge");
    badge.hidden = !this.unseen;
    badge.textContent = this.unseen;
  }

  #clicked(event) {
    const command = event.target.closest?.("[data-command]");
    if (command) this.onCommand(command.dataset.command);
    event.target.closest?.("tg-spoiler")?.classList.toggle("shown");
  }

  #status(text) {
    const status = document.querySelector('[data-testid="bot-status"]');
    this.busy = Boolean(text);
    status.textContent = text || (this.online === false ? "not running yet" : "bot");
    status.classList.toggle("busy", this.busy);
  }
}

function welcome(description) {
  const mark = $("attach-sheet").ownerDocument.querySelector(".avatar").cloneNode(true);
  return make(
    "div",
    { class: "welcome", "data-testid": "welcome" },
    mark,
    make("h2", {}, "Publish from a chat"),
    make("p", {}, description || "Send a clip, tap a few buttons, and it is published, in a new voice if you like."),
    make("ol", {}, make("li", {}, "Press Start below."), make("li", {}, "Connect a channel: a made-up one, no password."),
      make("li", {}, "Send a video, or the sample clip."), make("li", {}, "Tap through its card, then look at the wall.")),
    make("p", { class: "aside" }, "A sandbox: Telegram and YouTube are played by your own machine, and nothing leaves it."),
  );
}

export function toast(text) {
  const node = make("div", { class: "toast", "data-testid": "toast", role: "status" }, text);
  $("toasts").append(node);
  setTimeout(() => node.remove(), Math.min(8000, 3200 + 40 * text.length));
}

export function alertBox(text) {
  $("alert-text").textContent = text;
  if (!$("alert").open) $("alert").showModal();
}
