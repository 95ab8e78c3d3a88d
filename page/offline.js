// The page as a file: the guide runs in the browser, so nothing is sent anywhere.
import { start } from "./form.js";

const address = URL.createObjectURL(new Blob(["@WORKER@"], { type: "text/javascript" }));
let worker = null;

// A new question ends the work on the last one.
function newWorker() {
  worker?.terminate();
  worker = new Worker(address);
  return worker;
}

function workOut(bytes) {
  const one = newWorker();
  return new Promise((done, failed) => {
    one.onerror = () => failed(new Error("The browser does not let this page work beside itself, which it needs."));
    one.onmessage = ({ data }) => {
      if (data.trouble) return failed(new Error(data.trouble));
      const titles = JSON.parse(data.titles);
      const lines = data.answer.split("\n").filter(Boolean);
      const answers = lines.map((line) => JSON.parse(line)).map((answer) => ({ title: titles[answer.cause], ...answer }));
      return done({ answers, isCut: data.isCut, delivered: data.delivered });
    };
    one.postMessage(bytes, [bytes.buffer]);
  });
}

start(workOut, 64 * 1024 * 1024);
document.querySelector("#promise").textContent = "Nothing is sent: the page works it out itself.";
