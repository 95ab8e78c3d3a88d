// Shows explanations. All of it goes into the page as text, never as markup: a reply is written by strangers.

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

function body(answer) {
  const parts = [pills(answer)];
  if (answer.title && answer.summary !== answer.title) parts.push(element("p", answer.summary));
  if (answer.next.length) {
    parts.push(element("h3", "What to do"), element("ol", "", ...answer.next.map((step) => element("li", step))));
  }
  const list = facts(answer);
  if (list.children.length) parts.push(element("h3", "The facts"), list);
  return parts;
}

function heading(answer) {
  return element("h2", [answer.recipient, answer.title ?? answer.summary].filter(Boolean).join(": "));
}

function reveal(tone, title, ...parts) {
  title.tabIndex = -1;
  result.className = tone;
  result.replaceChildren(title, ...parts);
  result.hidden = false;
  title.focus({ preventScroll: true });
  result.scrollIntoView({ block: "nearest" });
}

// One answer as it is; several behind one another, each with its own line to open.
export function show(answers) {
  if (answers.length === 1) {
    const [answer] = answers;
    reveal(outlooks[answer.kind][0], heading(answer), ...body(answer));
    return;
  }
  const parts = answers.map((answer, index) => {
    const part = element("details", "", element("summary", heading(answer).textContent), ...body(answer));
    part.className = outlooks[answer.kind][0];
    part.open = index === 0;
    return part;
  });
  reveal("", element("h2", `${answers.length} recipients`), ...parts);
}

export function showTrouble(words) {
  reveal("tone-bad", element("h2", "That did not work"), element("p", words));
}
