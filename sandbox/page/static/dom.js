// Small words for making elements, and for letting foreign HTML in safely.

export const $ = (id) => document.getElementById(id);

export function make(tag, properties = {}, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(properties)) {
    if (value === undefined || value === null || value === false) continue;
    if (name === "class") node.className = value;
    else if (name.startsWith("on")) node.addEventListener(name.slice(2), value);
    else if (name in node && !name.includes("-")) node[name] = value;
    else node.setAttribute(name, value === true ? "" : value);
  }
  node.append(...children.filter((child) => child !== null && child !== undefined && child !== false));
  return node;
}

export function icon(name) {
  const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  const use = document.createElementNS("http://www.w3.org/2000/svg", "use");
  use.setAttribute("href", `#i-${name}`);
  svg.setAttribute("aria-hidden", "true");
  svg.append(use);
  return svg;
}

// A clean picture with one big button; the browser's own controls come once it plays.
export function player(video, properties = {}) {
  const button = make("button", { class: "play", type: "button", "aria-label": "Play", "data-testid": "play" }, icon("play"));
  button.addEventListener("click", () => video.play());
  video.addEventListener("play", () => {
    video.controls = true;
    button.remove();
  }, { once: true });
  return make("div", { "data-file": video.getAttribute("src"), ...properties }, video, button);
}

const ALLOWED = new Set(["B", "I", "U", "S", "A", "CODE", "PRE", "BLOCKQUOTE", "TG-SPOILER"]);

// The server's HTML again, tag by tag: what isn't a known tag stays as words, links are http(s) or tg only.
export function safeHtml(html) {
  const source = new DOMParser().parseFromString(`<body>${html}</body>`, "text/html").body;
  const copy = (from, to) => {
    for (const child of from.childNodes) {
      if (child.nodeType === Node.TEXT_NODE) to.append(child.data);
      else if (!ALLOWED.has(child.tagName)) copy(child, to);
      else {
        const node = make(child.tagName.toLowerCase());
        const href = child.getAttribute("href") || "";
        if (/^(https?|tg):\/\//i.test(href)) {
          node.href = href;
          node.target = "_blank";
          node.rel = "noopener noreferrer";
        }
        if (child.dataset?.command) {
          node.dataset.command = child.dataset.command;
          node.setAttribute("role", "button");
          node.tabIndex = 0;
        }
        copy(child, node);
        to.append(node);
      }
    }
  };
  const fragment = document.createDocumentFragment();
  copy(source, fragment);
  // A block ends its line by itself; the newline that follows it would be one more.
  for (const block of fragment.querySelectorAll("blockquote, pre")) {
    const next = block.nextSibling;
    if (next?.nodeType === Node.TEXT_NODE) next.data = next.data.replace(/^\n/, "");
  }
  return fragment;
}

export function bytes(size) {
  if (size === null || size === undefined) return "";
  if (size < 1000) return `${size} B`;
  const units = ["kB", "MB", "GB"];
  let value = size / 1000;
  let unit = 0;
  while (value >= 999.5 && unit < 2) [value, unit] = [value / 1000, unit + 1];
  return `${value < 10 ? value.toFixed(1) : Math.round(value)} ${units[unit]}`;
}

// 24 hours, as the bot writes times.
export const clock = (seconds) =>
  new Date(seconds * 1000).toLocaleTimeString([], { hour: "2-digit", minute: "2-digit", hourCycle: "h23" });

export function day(seconds) {
  const date = new Date(seconds * 1000);
  const today = new Date();
  if (date.toDateString() === today.toDateString()) return "Today";
  return date.toLocaleDateString([], { day: "numeric", month: "long" });
}

export function lasting(seconds) {
  const whole = Math.round(seconds || 0);
  return `${Math.floor(whole / 60)}:${String(whole % 60).padStart(2, "0")}`;
}
