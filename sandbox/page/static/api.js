// What the page asks of the sandbox: the chat's control routes, the wall's ledger and the live stream.

async function ask(path, options) {
  const response = await fetch(path, options);
  const answer = await response.json().catch(() => ({}));
  if (!response.ok) throw new Error(answer.error || `The sandbox answered ${response.status}.`);
  return answer;
}

const post = (path, body) =>
  ask(path, { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(body) });

export const readChat = (user) => ask(`/control/telegram/chat?user=${user}`);
export const readUsers = () => ask("/control/telegram/users");
export const changeUser = (user, changes) => post("/control/telegram/users", { user, ...changes });
export const say = (user, text) => post("/control/telegram/message", { user, text });
export const press = (user, message_id, callback_data) =>
  post("/control/telegram/press", { user, message_id, callback_data });
export const readBot = () => ask("/control/telegram/bot");
export const readServers = async () => (await ask("/control/info")).servers;
export const readVideos = async (platform) => (await ask(`/control/${platform}/videos`)).videos;
export const finish = (platform, id) => post(`/control/${platform}/videos/${id}/finish`, {});

// Sends files as one user; fetch tells no upload progress, so this is the older way.
export function sendFiles(user, files, fields, onProgress) {
  const form = new FormData();
  for (const [name, value] of Object.entries({ user, ...fields })) if (value !== undefined) form.append(name, value);
  for (const file of files) form.append("file", file, file.name);
  const request = new XMLHttpRequest();
  const done = new Promise((resolve, reject) => {
    request.upload.onprogress = (event) => event.lengthComputable && onProgress(event.loaded / event.total);
    request.onload = () => {
      const answer = JSON.parse(request.responseText || "{}");
      if (request.status === 200) resolve(answer);
      else reject(new Error(answer.error || `The sandbox answered ${request.status}.`));
    };
    request.onerror = () => reject(new Error("The sandbox is not there."));
    request.onabort = () => reject(new DOMException("cancelled", "AbortError"));
  });
  request.open("POST", "/control/telegram/message");
  request.send(form);
  return { done, cancel: () => request.abort() };
}

// Calls onOpen at each (re)connection, onEvent for each piece of news. Gives a function that ends it.
export function listen(user, { onOpen, onEvent, onLost }) {
  const source = new EventSource(`/chat/events?user=${user}`);
  source.onopen = onOpen;
  source.onerror = onLost;
  source.onmessage = (event) => {
    const { topic, data } = JSON.parse(event.data);
    onEvent(topic, data);
  };
  return () => source.close();
}
