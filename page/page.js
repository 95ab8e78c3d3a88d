// Sends what was pasted to this server and shows the explanation. All of it goes into the page as text,
// never as markup: a reply is written by strangers.

const form = document.querySelector("#form");
const input = document.querySelector("#text");
const result = document.querySelector("#result");

const fixers = {
  "sender": "the one who wrote the message",
  "recipient": "the recipient",
  "sender's admin": "whoever runs the sending server or domain",
  "recipient's admin": "whoever runs the receiving server",
  "nobody: wait": "nobody: it needs only time",
};

const detailNames = {
  blocklist: "Blocklist", ip: "Address", url: "Read more at", host: "Host", domain: "Domain",
  limit: "Limit", size: "Size", retry_after: "Try again after",
};

function element(name, text, ...children) {
  const node = document.createElement(name);
  if (text) node.textContent = text;
  node.append(...children);
  return node;
}

const outlooks = {
  success: ["tone-good", "It worked"],
  delay: ["tone-wait", "Can still go through"],
  failure: ["tone-bad", "Refused for good"],
  none: ["", "No failure"],
};

function sureness(confidence) {
  if (confidence >= 0.9) return "very sure";
  if (confidence >= 0.7) return "fairly sure";
  return confidence >= 0.4 ? "a good guess" : "only a guess";
}

function pills(answer) {
  const list = element("ul");
  list.className = "pills";
  const codes = [answer.code, answer.enhanced].filter(Boolean).join(" ");
  for (const text of [outlooks[answer.kind][1], codes, answer.provider]) {
    if (text) list.append(element("li", String(text)));
  }
  return list;
}

function seconds(value) {
  return value < 120 ? `${value} seconds` : `${Math.round(value / 60)} minutes`;
}

function facts(answer) {
  const list = element("dl");
  const add = (name, value) => list.append(element("dt", name), element("dd", value));
  if (answer.fixer) add("Who can mend it", fixers[answer.fixer] ?? answer.fixer);
  if (answer.confidence !== undefined) add("How sure this is", `${sureness(answer.confidence)} (${Math.round(answer.confidence * 100)} %)`);
  for (const [key, value] of Object.entries(answer.details ?? {})) {
    const text = key === "retry_after" ? seconds(value) : key === "size" ? `${value} bytes` : String(value);
    add(detailNames[key] ?? key, text);
  }
  if (answer.rule) add("Decided by", answer.rule);
  return list;
}

function show(answer) {
  const title = element("h2", answer.title ?? answer.summary);
  title.tabIndex = -1;
  result.className = outlooks[answer.kind][0];
  result.replaceChildren(title, pills(answer));
  if (answer.title && answer.summary !== answer.title) result.append(element("p", answer.summary));
  if (answer.next.length) {
    result.append(element("h3", "What to do"), element("ol", "", ...answer.next.map((step) => element("li", step))));
  }
  const list = facts(answer);
  if (list.children.length) result.append(element("h3", "The facts"), list);
  reveal(title);
}

function showTrouble(words) {
  const title = element("h2", "That did not work");
  title.tabIndex = -1;
  result.className = "tone-bad";
  result.replaceChildren(title, element("p", words));
  reveal(title);
}

function reveal(title) {
  result.hidden = false;
  title.focus({ preventScroll: true });
  result.scrollIntoView({ block: "nearest" });
}

async function explain(text) {
  const response = await fetch(`/api/explain?${new URLSearchParams({ text })}`);
  const answer = await response.json().catch(() => ({ ok: false, error: `The server answered ${response.status}.` }));
  if (answer.ok) show(answer);
  else showTrouble(answer.error);
}

async function run() {
  const text = input.value.trim();
  if (!text) {
    input.focus();
    return;
  }
  // In the address, so that it can be sent to a colleague; behind # it reaches no log.
  history.replaceState(null, "", `#${encodeURIComponent(text)}`);
  try {
    await explain(text);
  } catch {
    showTrouble("The server could not be reached. Is it still running?");
  }
}

form.addEventListener("submit", (event) => {
  event.preventDefault();
  run();
});

input.addEventListener("keydown", (event) => {
  if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) run();
});

document.querySelector("#examples").addEventListener("click", (event) => {
  if (event.target instanceof HTMLButtonElement) {
    input.value = event.target.textContent;
    run();
  }
});

function fromAddress() {
  try {
    input.value = decodeURIComponent(location.hash.slice(1));
  } catch {
    input.value = "";
  }
  if (input.value) run();
}

window.addEventListener("hashchange", fromAddress);
fromAddress();
