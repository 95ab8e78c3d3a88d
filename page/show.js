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

const FIRST = 50; // answers that are shown before the reader asks for more

function part(answer, isOpen) {
  const node = element("details", "", element("summary", heading(answer).textContent));
  const fill = () => node.children.length === 1 && node.append(...body(answer));
  node.className = outlooks[answer.kind]?.[0] ?? "";
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
    const name = answer.title ?? outlooks[answer.kind]?.[1] ?? answer.kind;
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
  return counts.size > 1 ? [list] : [];
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
    reveal(outlooks[answer.kind]?.[0] ?? "", heading(answer), ...body(answer));
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
