// The page as a file: libcandor runs in the browser, so nothing is sent anywhere.
import { start } from "./form.js";

const troubles = ["", "The page asked in a wrong way.", "The text needs more memory than there is.", "The answer had no room.", ""];

const bytes = Uint8Array.from(atob("@MODULE@"), (letter) => letter.charCodeAt(0));
const ready = WebAssembly.instantiate(bytes, {}).then(({ instance }) => {
  instance.exports._initialize?.();
  return instance.exports;
});

async function workOut(text) {
  const module = await ready;
  const asked = typeof text === "string" ? new TextEncoder().encode(text) : text;
  const room = module.candor_page_room(asked.length);
  if (!room) throw new Error("The text is too long: a mail may have 64 MiB.");
  new Uint8Array(module.memory.buffer, room, asked.length).set(asked);
  const status = module.candor_page_explain(asked.length);
  if (status) throw new Error(troubles[status]);
  const answer = new Uint8Array(module.memory.buffer, module.candor_page_answer(), module.candor_page_answer_len());
  return new TextDecoder().decode(answer).trim().split("\n").map((line) => JSON.parse(line));
}

const page = start(workOut);
page.input.removeAttribute("maxlength");
document.querySelector("#promise").textContent = "Nothing is sent: the page works it out itself. A mail may be dropped here as a file.";

document.addEventListener("dragover", (event) => event.preventDefault());
document.addEventListener("drop", async (event) => {
  event.preventDefault();
  const [file] = event.dataTransfer.files;
  if (file) page.answer(new Uint8Array(await file.arrayBuffer()));
});
