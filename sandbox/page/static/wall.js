// The wall: what each platform shows to the world now.

import * as api from "./api.js";
import { $, icon, make, player } from "./dom.js";

const PLATFORMS = ["youtube", "tiktok", "instagram", "telegram"];

export class Wall {
  constructor(onCount) {
    this.onCount = onCount;
    this.shown = new Map(); // video id -> the JSON it was drawn from
    this.box = $("cards");
    this.ready = this.refresh();
    // The stream tells of news at once; this is for what it doesn't tell (a processing delay that ran out).
    setInterval(() => this.refresh(), 4000);
  }

  soon() {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.refresh(), 120);
  }

  async refresh() {
    const ledgers = await Promise.all((await this.#platforms()).map(linesOf));
    const videos = ledgers.flat().sort((one, other) => other.came.localeCompare(one.came));
    this.#draw(videos);
    this.onCount(videos.length);
  }

  // Which of them this sandbox plays: asking one that is not there would be noted as a failure of the page.
  async #platforms() {
    this.played ||= await api.readServers().catch(() => null);
    return PLATFORMS.filter((name) => this.played?.includes(name));
  }

  // Whether the video hangs here; if so it is brought into view and played, where the browser lets it.
  point(id) {
    const card = this.box.querySelector(`[data-video-id="${CSS.escape(id)}"]`);
    if (!card) return false;
    requestAnimationFrame(() => {
      card.scrollIntoView({ block: "center", behavior: "smooth" });
      card.classList.add("pointed");
      setTimeout(() => card.classList.remove("pointed"), 1600);
      card.querySelector("video").play().catch(() => {});
    });
    return true;
  }

  #draw(videos) {
    const wanted = new Set(videos.map((video) => video.id));
    for (const card of this.box.querySelectorAll(".card")) {
      if (!wanted.has(card.dataset.videoId)) {
        card.remove();
        this.shown.delete(card.dataset.videoId);
      }
    }
    this.box.querySelector(".empty")?.remove();
    if (!videos.length) this.box.append(empty());
    videos.forEach((video, at) => {
      const drawn = JSON.stringify(video);
      const old = this.box.querySelector(`[data-video-id="${CSS.escape(video.id)}"]`);
      if (old && this.shown.get(video.id) === drawn) return;
      const card = cardOf(video);
      const playing = old?.querySelector("[data-file]");
      if (playing?.dataset.file === video.file) card.querySelector("[data-file]").replaceWith(playing);
      if (old) old.replaceWith(card);
      else this.box.insertBefore(card, this.box.querySelectorAll(".card")[at] || null);
      this.shown.set(video.id, drawn);
    });
  }
}

// Newest first; a ledger that doesn't answer hides nothing of the others.
async function linesOf(platform) {
  const rows = await api.readVideos(platform).catch(() => []);
  return rows.map((row) => plain({ platform, ...row })).reverse();
}

// What a card shows of a line of the ledger. It holds nothing that changes by itself, so equal means nothing to redraw.
function plain(row) {
  return {
    id: row.id,
    platform: row.platform,
    title: row.title || "Untitled",
    description: row.description || "",
    channel: row.channel_title || row.channel || "",
    privacy: row.privacy || "",
    publishAt: row.privacy === "private" ? row.publish_at : null,
    state: row.upload_status || "",
    reason: row.reason || "",
    time: row.published_at || row.uploaded_at || "",
    came: row.uploaded_at || "",
    file: row.file_url,
    landscape: row.width > row.height,
    short: Boolean(row.is_short),
    views: row.statistics?.viewCount || row.statistics?.views || 0,
  };
}

const MOMENT = { day: "numeric", month: "short", hour: "2-digit", minute: "2-digit", hourCycle: "h23" };
const WORKING = { uploaded: "Processing…", processing: "Processing…", inbox: "A draft in the app" };
const NAMES = { youtube: "YouTube", tiktok: "TikTok", instagram: "Instagram", telegram: "Telegram" };

function cardOf(video) {
  const bad = ["rejected", "failed"].includes(video.state);
  const working = WORKING[video.state];
  const stage = make(
    "div",
    { class: `stage${video.landscape ? " landscape" : ""}` },
    player(make("video", { src: video.file, playsInline: true, preload: "metadata", "aria-label": video.title, "data-testid": "wall-video" })),
    make("span", { class: "platform", "data-testid": "wall-platform" }, NAMES[video.platform] ? icon(video.platform) : null, NAMES[video.platform] || video.platform),
    bad ? make("span", { class: "state bad" }, video.reason || video.state) : working ? make("span", { class: "state" }, working) : null,
  );
  const when = video.time ? new Date(video.time) : null;
  const later = video.publishAt ? new Date(video.publishAt) : null;
  const line = [video.channel, when && when.toLocaleString([], MOMENT)];
  return make(
    "article",
    { class: "card", "data-testid": "wall-card", "data-video-id": video.id, "data-state": video.state },
    stage,
    make(
      "div",
      { class: "about" },
      make("h3", { "data-testid": "wall-title" }, video.title),
      make("p", { "data-testid": "wall-channel" }, line.filter(Boolean).join(" · ")),
      video.description ? make("p", { class: "words" }, video.description) : null,
      make("div", { class: "tags" },
        video.privacy ? make("span", { class: `tag ${video.privacy}`, "data-testid": "wall-privacy" }, video.privacy) : null,
        video.short ? make("span", { class: "tag" }, "Short") : null,
        Number(video.views) ? make("span", { class: "tag" }, `${video.views} views`) : null,
        later ? make("span", { class: "tag" }, `public at ${later.toLocaleString([], MOMENT)}`) : null),
      video.state === "inbox" ? finishing(video) : null,
    ),
  );
}

// What the creator would do in the platform's own app: post the draft.
function finishing(video) {
  return make("button", {
    type: "button", class: "quiet finish", "data-testid": "wall-finish",
    onclick: (event) => {
      event.currentTarget.disabled = true;
      api.finish(video.platform, video.id).catch(() => {});
    },
  }, `Finish in ${NAMES[video.platform] || video.platform}`);
}

function empty() {
  return make(
    "div",
    { class: "empty", "data-testid": "wall-empty" },
    make("div", { class: "art", "aria-hidden": "true" }, make("i"), make("i"), make("i"), icon("film")),
    make("h3", {}, "Nothing published yet"),
    make("p", {}, "What the bot publishes appears here at once, ready to play."),
  );
}
