// Where a person writes: text, commands, files with a preview and a progress ring.

import * as api from "./api.js";
import { toast } from "./chat.js";
import { $, bytes, icon, lasting, make } from "./dom.js";

const SAMPLE = "/static/sample.mp4";

export class Composer {
  constructor(chat) {
    this.chat = chat;
    this.commands = [];
    this.files = [];
    this.input = $("input");
    this.input.addEventListener("input", () => this.#typed());
    this.input.addEventListener("keydown", (event) => this.#key(event));
    this.input.addEventListener("paste", (event) => this.#dropped(event, event.clipboardData));
    $("send").addEventListener("click", () => this.#send());
    $("start").addEventListener("click", () => this.say("/start"));
    $("commands").addEventListener("click", () => this.#suggest(this.commands, $("suggest").hidden));
    $("attach").addEventListener("click", () => $("attach-sheet").showModal());
    $("choose").addEventListener("click", () => $("file").click());
    $("file").addEventListener("change", () => this.choose([...$("file").files]));
    $("sample").addEventListener("click", () => this.sendSample());
    $("nudge").querySelector("button").addEventListener("click", () => this.sendSample());
    $("send-cancel").addEventListener("click", () => $("send-sheet").close());
    $("send-sheet").addEventListener("close", () => this.#forget());
    $("as-media").addEventListener("click", () => this.#sendChosen("auto"));
    $("as-file").addEventListener("click", () => this.#sendChosen("document"));
    for (const dialog of document.querySelectorAll("dialog")) {
      dialog.addEventListener("click", (event) => event.target === dialog && dialog.close());
    }
    const pane = $("chat-pane");
    pane.addEventListener("dragover", (event) => event.preventDefault());
    pane.addEventListener("drop", (event) => this.#dropped(event, event.dataTransfer));
  }

  setCommands(commands) {
    this.commands = commands;
    $("commands").hidden = !commands.length;
  }

  // What fits the state of the chat: the big Start before the first word, the hint before the first file.
  refresh() {
    const empty = !this.chat.messages.size;
    $("start").hidden = !empty;
    $("composer").hidden = empty;
    $("nudge").hidden = empty || this.chat.sentMedia || this.files.length > 0 || Boolean(this.sending);
    const keyboard = this.chat.last?.reply_keyboard?.keyboard;
    $("replykeys").hidden = !keyboard;
    $("replykeys").replaceChildren(...(keyboard || []).map((row) => make("div", { class: "row" }, ...row.map((button) =>
      make("button", { type: "button", "data-testid": "reply-button", onclick: () => this.say(button.text) }, button.text)))));
  }

  async say(text) {
    try {
      const answer = await api.say(this.chat.user, text);
      answer.messages.forEach((message) => this.chat.take(message));
      this.chat.toEnd();
    } catch (error) {
      toast(error.message);
    }
  }

  choose(files) {
    $("attach-sheet").close();
    $("file").value = "";
    if (!files.length) return;
    this.files = files.slice(0, 10);
    const [first] = files;
    const family = files.every((file) => file.type.split("/")[0] === first.type.split("/")[0]) ? first.type.split("/")[0] : "";
    const word = { video: "video", image: "photo", audio: "track" }[family];
    const what = files.length > 1 ? `${files.length} ${word ? `${word}s` : "files"}` : word ? `a ${word}` : "a file";
    $("send-title").textContent = `Send ${what}`;
    $("as-media").textContent = word ? `Send as ${word}` : "Send as video";
    $("as-media").hidden = !word && !/\.(mp4|mov|m4v|webm|mkv|avi)$/i.test(first.name);
    this.guessed = word ? "auto" : "video";
    $("send-note").hidden = family !== "video" && family !== "image";
    $("caption").value = "";
    $("preview").replaceChildren(this.#preview(first, family));
    $("preview").classList.toggle("plain", family !== "video" && family !== "image");
    $("send-sheet").showModal();
    if (matchMedia("(hover: hover)").matches) $("caption").focus();
  }

  async sendSample() {
    $("attach-sheet").close();
    try {
      const response = await fetch(SAMPLE);
      const file = new File([await response.blob()], "sample.mp4", { type: "video/mp4" });
      await this.#upload([file], { as: "video", caption: "My first clip" });
    } catch (error) {
      toast(error.message);
    }
  }

  #preview(file, family) {
    this.address = URL.createObjectURL(file);
    this.measures = {};
    if (family === "image") return make("img", { src: this.address, alt: "" });
    if (family === "video") {
      const video = make("video", { src: this.address, controls: true, muted: true, playsInline: true, preload: "metadata" });
      video.addEventListener("loadedmetadata", () => {
        const duration = Number.isFinite(video.duration) ? Math.round(video.duration) : undefined;
        this.measures = { width: video.videoWidth || undefined, height: video.videoHeight || undefined, duration };
        $("send-title").textContent += ` · ${lasting(duration)} · ${bytes(file.size)}`;
      }, { once: true });
      // A name promised a video and the bytes break it: the bot may judge, here it is a file.
      video.addEventListener("error", () => video.replaceWith(fileCard(file)), { once: true });
      return video;
    }
    return fileCard(file);
  }

  #sendChosen(as) {
    const files = this.files;
    const measures = as === "document" ? {} : this.measures;
    const caption = $("caption").value.trim() || undefined;
    const kind = as === "document" ? as : this.guessed;
    $("send-sheet").close();
    this.#upload(files, { as: kind, caption, ...(files.length === 1 ? measures : {}) });
  }

  async #upload(files, fields) {
    const total = files.reduce((sum, file) => sum + file.size, 0);
    const small = make("small", {}, `0 % of ${bytes(total)}`);
    const name = files.length > 1 ? `${files.length} files` : files[0].name;
    const ring = make("button", { class: "ring", type: "button", "aria-label": "Cancel", "data-testid": "upload-cancel" }, icon("close"));
    const box = make("div", { class: "sending", "data-testid": "upload-progress", role: "progressbar" }, ring,
      make("span", {}, make("b", {}, name), small));
    const node = make("article", { class: "msg out pending first last" }, make("div", { class: "bubble" }, box));
    this.chat.pending(node);
    const upload = api.sendFiles(this.chat.user, files, fields, (part) => {
      const percent = Math.round(100 * part);
      ring.style.setProperty("--done", `${percent}%`);
      box.setAttribute("aria-valuenow", percent);
      small.textContent = percent < 100 ? `${percent} % of ${bytes(total)}` : "Almost there…";
    });
    this.sending = (this.sending || 0) + 1;
    this.refresh();
    ring.addEventListener("click", () => (upload.cancel(), node.remove()));
    try {
      const answer = await upload.done;
      node.remove();
      answer.messages.forEach((message) => this.chat.take(message, { fresh: false }));
      this.chat.toEnd();
    } catch (error) {
      box.classList.add("failed");
      if (error.name !== "AbortError") small.textContent = error.message;
    } finally {
      this.sending -= 1;
      this.refresh();
    }
  }

  #forget() {
    if (this.address) URL.revokeObjectURL(this.address);
    this.files = [];
    $("preview").replaceChildren();
    this.refresh();
  }

  #dropped(event, source) {
    const files = [...(source?.files || [])];
    if (!files.length) return;
    event.preventDefault();
    this.choose(files);
  }

  #send() {
    const text = this.input.value.trim();
    if (!text) return;
    this.input.value = "";
    this.#typed();
    this.say(text);
    this.input.focus();
  }

  #key(event) {
    const phone = matchMedia("(pointer: coarse)").matches;
    if (event.key === "Enter" && !event.shiftKey && !event.isComposing && !phone) {
      event.preventDefault();
      this.#send();
    }
    if (event.key === "Escape") this.#suggest([], false);
  }

  #typed() {
    this.input.style.height = "auto";
    this.input.style.height = `${Math.min(this.input.scrollHeight, 148)}px`;
    $("send").disabled = !this.input.value.trim();
    const typed = /^\/\w*$/.test(this.input.value) ? this.input.value.slice(1) : null;
    const fitting = this.commands.filter((command) => typed !== null && command.command.startsWith(typed));
    this.#suggest(fitting, fitting.length > 0);
  }

  #suggest(commands, open) {
    $("suggest").hidden = !open;
    $("commands").setAttribute("aria-expanded", String(open));
    $("suggest").replaceChildren(...commands.map((command) =>
      make("button", {
        type: "button", role: "option", "data-testid": "command", "data-name": command.command,
        onclick: () => {
          this.input.value = "";
          this.#typed();
          this.say(`/${command.command}`);
        },
      }, make("b", {}, `/${command.command}`), make("span", {}, command.description))));
  }
}

function fileCard(file) {
  return make("div", { class: "filecard" }, make("span", { class: "dot blue" }, icon("file")),
    make("span", {}, make("b", {}, file.name), make("small", {}, bytes(file.size))));
}
