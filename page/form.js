// What the reader does: paste, press, try an example, open an address that has the text in it.
import { show, showTrouble } from "./show.js";

const form = document.querySelector("#form");
const input = document.querySelector("#text");

// `explain` turns a text into a list of answers, or throws an Error whose message the reader sees.
export function start(explain) {
  const answer = async (text) => {
    try {
      show(await explain(text));
    } catch (error) {
      showTrouble(error.message);
    }
  };

  const run = () => {
    const text = input.value.trim();
    if (!text) {
      input.focus();
      return;
    }
    // In the address, so that it can be sent to a colleague; behind # it reaches no log.
    if (text.length < 4000) history.replaceState(null, "", `#${encodeURIComponent(text)}`);
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
