// What the reader does: paste, press, open a file, try an example, open an address that has the text in it.
import { bytesOf, tooLong } from "./packed.js";
import { show, showTrouble, showWaiting } from "./show.js";

const form = document.querySelector("#form");
const input = document.querySelector("#text");

// `explain` turns the bytes of a text, of which it takes `most`, into { answers, isCut, delivered }, or throws an Error
// whose message the reader sees.
export function start(explain, most) {
  let asked = 0;

  // `bytes` may be a promise of them. Only the last question is answered.
  const answer = async (bytes, name) => {
    const number = ++asked;
    const waiting = setTimeout(() => number === asked && showWaiting(name), 150);
    try {
      const known = await bytes;
      if (known.length > most) throw tooLong(most);
      const found = await explain(known);
      if (number === asked) show(found);
    } catch (error) {
      if (number === asked) showTrouble(error.message);
    }
    clearTimeout(waiting);
  };

  const run = () => {
    const text = input.value.trim();
    if (!text) {
      input.focus();
      return;
    }
    // In the address, so that it can be sent to a colleague; behind # it reaches no log.
    if (text.length < 4000) history.replaceState(null, "", `#${encodeURIComponent(text)}`);
    else history.replaceState(null, "", location.pathname + location.search);
    answer(new TextEncoder().encode(text));
  };

  const fromAddress = () => {
    try {
      input.value = decodeURIComponent(location.hash.slice(1));
    } catch {
      input.value = "";
    }
    if (input.value) run();
  };

  form.addEventListener("submit", (event) => {
    event.preventDefault();
    run();
  });
  input.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) run();
  });
  // What is pasted into an empty field is all there is to ask.
  input.addEventListener("paste", () => {
    if (!input.value) setTimeout(run);
  });
  document.querySelector("#examples").addEventListener("click", (event) => {
    if (event.target instanceof HTMLButtonElement) {
      input.value = event.target.textContent;
      run();
    }
  });
  const open = (file) => answer(bytesOf(file, most), file.name);
  const picker = document.querySelector("#file");
  picker.addEventListener("change", () => {
    if (picker.files.length) open(picker.files[0]);
    picker.value = "";
  });
  document.addEventListener("dragover", (event) => event.preventDefault());
  // Text goes into the field by itself; a file is opened wherever it falls.
  for (const [name, transfer] of [["drop", "dataTransfer"], ["paste", "clipboardData"]]) {
    document.addEventListener(name, (event) => {
      const [file] = event[transfer].files;
      if (!file) return;
      event.preventDefault();
      open(file);
    });
  }
  window.addEventListener("hashchange", fromAddress);
  fromAddress();
}
