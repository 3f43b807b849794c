// One message as a bubble: words, media, inline keyboard, time.

import { bytes, clock, icon, lasting, make, player, safeHtml } from "./dom.js";

export function bubble(message, onPress) {
  const own = !message.from_bot;
  const media = message.media;
  const visual = media && ["video", "animation", "photo", "video_note"].includes(media.kind);
  const classes = ["bubble"];
  if (media) classes.push("media");
  if (visual && !message.html) classes.push("bare");
  const body = make("div", { class: classes.join(" ") });
  if (message.reply_to) body.append(make("div", { class: "quote" }, message.reply_to.text));
  if (media) body.append(mediaNode(media));
  const text = make("div", { class: "text", "data-testid": "message-text", dir: "auto" });
  text.append(safeHtml(message.html));
  const meta = make(
    "span",
    { class: "meta" },
    message.edited ? make("span", {}, "edited") : null,
    make("time", { dateTime: new Date(message.date * 1000).toISOString() }, clock(message.date)),
    own ? icon("check") : null,
  );
  if (message.html) {
    text.append(meta);
    body.append(text);
  } else body.append(meta);
  const node = make("article", {
    class: `msg${own ? " out" : ""}${visual ? " visual" : message.keyboard.length ? " wide" : ""}`,
    "data-testid": own ? "message-out" : "message-in",
    "data-message-id": message.message_id,
    "data-edited": String(message.edited),
    "aria-label": own ? "You" : "Bot",
  });
  // As wide as the picture may be at its full height, so that no black bars stand beside it.
  if (visual && media.width && media.height) node.style.setProperty("--wide", `${(400 * media.width) / media.height + 8}px`);
  node.append(body);
  if (message.keyboard.length) node.append(keyboard(message, onPress));
  return node;
}

function mediaNode(media) {
  const where = { "data-testid": `media-${media.kind}` };
  if (media.kind === "photo") {
    return make("img", { class: "frame", src: media.url, alt: "Photo", ...ratio(media), ...where });
  }
  if (["video", "video_note", "animation"].includes(media.kind)) {
    const moving = media.kind === "animation";
    const video = make("video", {
      src: media.url, autoplay: moving, loop: moving, muted: moving,
      playsInline: true, preload: "metadata", "aria-label": media.name || "Video", ...where,
    });
    return moving ? make("div", { class: "frame", ...ratio(media) }, video) : player(video, { class: "frame", ...ratio(media) });
  }
  if (media.kind === "audio" || media.kind === "voice") {
    const name = media.title || media.name || "Audio";
    const holder = make("div", where);
    if (media.kind === "audio") holder.append(make("div", { class: "text" }, make("b", {}, name)));
    holder.append(make("audio", { src: media.url, controls: true, preload: "metadata", "aria-label": name }));
    return holder;
  }
  const facts = [bytes(media.size), media.duration ? lasting(media.duration) : ""].filter(Boolean).join(" · ");
  return make(
    "a",
    { class: "file", href: media.url, target: "_blank", rel: "noopener", download: media.name || "", ...where },
    make("span", { class: "dot blue" }, icon((media.mime_type || "").startsWith("video/") ? "film" : "file")),
    make("span", {}, make("b", {}, media.name || "File"), make("small", {}, facts)),
  );
}

// The box keeps its place before the first frame is there, so that nothing jumps.
const ratio = (media) => (media.width && media.height ? { style: `aspect-ratio:${media.width}/${media.height}` } : {});

function keyboard(message, onPress) {
  const keys = make("div", { class: "keys", "data-testid": "inline-keyboard" });
  message.keyboard.forEach((row, at) => {
    const line = make("div", { class: "row" });
    row.forEach((button, column) => line.append(key(message, button, at, column, onPress)));
    keys.append(line);
  });
  return keys;
}

function key(message, button, row, column, onPress) {
  const common = {
    class: `key ${button.style || ""}`.trim(), "data-testid": "inline-button",
    "data-row": String(row), "data-column": String(column),
  };
  const label = make("span", { class: "label" }, button.text);
  if (button.url) {
    const link = { ...common, href: button.url, target: "_blank", rel: "noopener noreferrer", "data-url": button.url };
    const corner = icon("out");
    corner.classList.add("corner");
    return make("a", link, label, corner);
  }
  const copies = button.copy_text?.text;
  const node = make("button", {
    ...common, type: "button", "data-callback": button.callback_data,
    disabled: Boolean(button.disabled) || (!button.callback_data && !copies),
  });
  node.append(label);
  node.addEventListener("click", () =>
    copies ? navigator.clipboard?.writeText(copies) : onPress(message, button.callback_data, node));
  return node;
}
