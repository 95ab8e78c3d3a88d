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
  "success": ["tone-good", "It worked"],
  "delay": ["tone-wait", "Can still go through"],
  "failure": ["tone-bad", "Refused for good"],
  "none": ["", "No failure"],
  "auto-reply": ["tone-good", "A program answered"],
  "complaint": ["tone-wait", "A complaint"],
  "challenge": ["tone-wait", "A question to the sender"],
};
const outlook = (answer) => outlooks[answer.kind] ?? ["", answer.kind];

function sureness(confidence) {
  if (confidence >= 0.9) return "very sure";
  if (confidence >= 0.7) return "fairly sure";
  return confidence >= 0.4 ? "a good guess" : "only a guess";
}

function pills(answer) {
  const list = element("ul");
  list.className = "pills";
  const codes = [answer.code, answer.enhanced].filter(Boolean).join(" ");
  for (const text of [outlook(answer)[1], codes, answer.provider]) {
    if (text) list.append(element("li", String(text)));
  }
  return list;
}

function seconds(value) {
  return value < 120 ? `${value} seconds` : `${Math.round(value / 60)} minutes`;
}

// Of the message and of what was said, in this order.
const factNames = {
  text: "They said", remote: "Said by", client: "Said to", sender: "From", subject: "Subject", message_id: "Message-ID",
  queue_id: "Queue ID", reporter: "Written by", line: "Line",
};

function facts(answer) {
  const list = element("dl");
  const add = (name, value) => list.append(element("dt", name), element("dd", value));
  if (answer.direction === "incoming") add("Direction", "incoming: the server that wrote the log refused it");
  if (answer.fixer) add("Who can mend it", fixers[answer.fixer] ?? answer.fixer);
  for (const [key, name] of Object.entries(factNames)) {
    if (answer[key] && !(key === "line" && answer.input === "reply")) add(name, String(answer[key]));
  }
  if (answer.time) add("When", new Date(answer.time).toLocaleString());
  for (const [key, value] of Object.entries(answer.details ?? {})) {
    const text = key === "retry_after" ? seconds(value) : key === "size" ? `${value} bytes` : String(value);
    add(detailNames[key] ?? key, text);
  }
  if (answer.confidence !== undefined) add("How sure this is", `${sureness(answer.confidence)} (${Math.round(answer.confidence * 100)} %)`);
  if (answer.rule) add("Decided by", answer.rule);
  if (answer.defined_in) add("Defined in", answer.defined_in);
  return list;
}

// A step, with the addresses in it to follow; but those that a stranger wrote into the reply stay text.
function stepOf(words, answer) {
  const item = element("li");
  for (const part of words.split(/(https:\/\/[^\s]+)/)) {
    if (!part.startsWith("https://") || part === answer.details?.url) {
      item.append(part);
      continue;
    }
    const link = element("a", part);
    link.href = part;
    link.rel = "noreferrer";
    link.target = "_blank";
    item.append(link);
  }
  return item;
}

function uses(list) {
  const row = ({ title, providers }) => element("li", title, ...(providers.length ? [element("small", `by ${providers.join(", ")}`)] : []));
  return element("ul", "", ...list.map(row));
}

function body(answer) {
  const parts = [pills(answer)];
  if (answer.title && answer.summary !== answer.title) parts.push(element("p", answer.summary));
  if (answer.next.length) {
    parts.push(element("h3", "What to do"), element("ol", "", ...answer.next.map((step) => stepOf(step, answer))));
  }
  const list = facts(answer);
  if (list.children.length) parts.push(element("h3", "The facts"), list);
  if (answer.used_for?.length) parts.push(element("h3", "What this code is used for"), uses(answer.used_for));
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

const FIRST = 50; // answers that are shown before the reader asks for more
const FEW = 5; // answers that nobody needs an overview of

// What tells one answer of many from the next.
function aside(answer) {
  const codes = [answer.code, answer.enhanced].filter(Boolean).join(" ");
  const where = answer.line && answer.input !== "bounce" ? `line ${answer.line}` : "";
  const when = answer.time && answer.input === "log" ? new Date(answer.time).toLocaleString() : "";
  return element("small", [where, when, codes, answer.remote].filter(Boolean).join(" · "));
}

function part(answer, isOpen) {
  const node = element("details", "", element("summary", heading(answer).textContent, aside(answer)));
  const fill = () => node.children.length === 1 && node.append(...body(answer));
  node.className = outlook(answer)[0];
  node.addEventListener("toggle", fill);
  if (isOpen) fill();
  node.open = isOpen;
  return node;
}

function more(answers, list) {
  const rest = answers.length - list.children.length;
  const button = element("button", `Show ${rest > FIRST ? `${FIRST} more of ${rest}` : `the other ${rest}`}`);
  button.type = "button";
  button.className = "more";
  button.addEventListener("click", () => {
    const shown = list.children.length;
    list.append(...answers.slice(shown, shown + FIRST).map((answer) => part(answer, false)));
    list.children[shown].querySelector("summary").focus();
    button.replaceWith(...(list.children.length < answers.length ? [more(answers, list)] : []));
  });
  return button;
}

// What comes up how often, the most frequent first.
function overview(answers) {
  const counts = new Map();
  for (const answer of answers) {
    const name = answer.title ?? outlook(answer)[1];
    counts.set(name, (counts.get(name) ?? 0) + 1);
  }
  const rows = [...counts].sort((one, other) => other[1] - one[1]).slice(0, 8);
  const list = element("ol");
  list.className = "overview";
  for (const [name, count] of rows) {
    const bar = element("meter");
    bar.max = answers.length;
    bar.value = count;
    bar.ariaHidden = "true";
    list.append(element("li", "", element("span", String(count)), bar, element("span", name)));
  }
  return counts.size > 1 && answers.length > FEW ? [list] : [];
}

function title(answers, isCut) {
  const what = answers.every((answer) => answer.input === "bounce") ? "recipients" : "answers";
  return isCut ? `The first ${answers.length} ${what}` : `${answers.length} ${what}`;
}

function showMany(answers, isCut) {
  const list = element("div", "", ...answers.slice(0, FIRST).map((answer, index) => part(answer, index === 0)));
  const rest = answers.length > FIRST ? [more(answers, list)] : [];
  const note = isCut ? [element("p", "There is more in it than is shown here. ‘candor explain’ in a terminal shows all of it.")] : [];
  reveal("", element("h2", title(answers, isCut)), ...note, ...overview(answers), list, ...rest);
}

function showNone(delivered) {
  if (delivered >= 0)
    reveal("tone-good", element("h2", "Nothing failed in this log"), element("p", `Nothing was refused, put off or lost; ${delivered} deliveries went well.`));
  else
    reveal("", element("h2", "There is nothing to explain"), element("p", "The text is empty."));
}

// One answer as it is; several behind one another, each with its own line to open.
export function show({ answers, isCut, delivered }) {
  if (answers.length === 0) {
    showNone(delivered);
  } else if (answers.length === 1) {
    const [answer] = answers;
    reveal(outlook(answer)[0], heading(answer), ...body(answer));
  } else {
    showMany(answers, isCut);
  }
}

export function showWaiting(name) {
  result.className = "";
  result.hidden = false;
  result.replaceChildren(element("p", name ? `Reading ${name} …` : "Reading …"));
}

export function showTrouble(words) {
  reveal("tone-bad", element("h2", "That did not work"), element("p", words));
}
