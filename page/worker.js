// Beside the page: the guide as a module, so that a large text keeps the page from nothing.
import { tellTime } from "./zones.js";

// What the module returns.
const CUT = 1;
const troubles = { 2: "The text needs more memory than the browser gives.", 3: "There was no room for the text." };

const code = Uint8Array.from(atob("@MODULE@"), (letter) => letter.charCodeAt(0));
const ready = WebAssembly.instantiate(code, {}).then(({ instance }) => {
  instance.exports._initialize?.();
  return instance.exports;
});

function answerOf(module) {
  const answer = new Uint8Array(module.memory.buffer, module.candor_page_answer(), module.candor_page_answer_len());
  return new TextDecoder().decode(answer);
}

function explain(module, bytes) {
  const room = module.candor_page_room(bytes.length);
  if (!room) return { trouble: troubles[3] };
  new Uint8Array(module.memory.buffer, room, bytes.length).set(bytes);
  tellTime(module, Date.now());
  const status = module.candor_page_explain(bytes.length);
  if (troubles[status]) return { trouble: troubles[status] };
  return { answer: answerOf(module), isCut: status === CUT, delivered: module.candor_page_delivered() };
}

onmessage = async ({ data }) => {
  const module = await ready;
  module.candor_page_titles();
  const titles = answerOf(module);
  postMessage({ ...explain(module, data), titles });
};
