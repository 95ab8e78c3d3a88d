// What the reader does: paste, press, try an example, open an address that has the text in it.
import { show, showTrouble, showWaiting } from "./show.js";

const form = document.querySelector("#form");
const input = document.querySelector("#text");

// `explain` turns a text into { answers, isCut, delivered }, or throws an Error whose message the reader sees.
export function start(explain) {
  let asked = 0;

  // `text` may be a promise of it. Only the last question is answered.
  const answer = async (text, name) => {
    const number = ++asked;
    const waiting = setTimeout(() => number === asked && showWaiting(name), 150);
    try {
      const found = await explain(await text);
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
    answer(text);
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
  window.addEventListener("hashchange", fromAddress);
  fromAddress();
  return { input, run, answer };
}
