// The page as a file: the guide runs in the browser, so nothing is sent anywhere.
import { start } from "./form.js";
import { bytesOf } from "./packed.js";

const address = URL.createObjectURL(new Blob(["@WORKER@"], { type: "text/javascript" }));
let worker = null;

// A new question ends the work on the last one.
function newWorker() {
  worker?.terminate();
  worker = new Worker(address);
  return worker;
}

function workOut(text) {
  const asked = typeof text === "string" ? new TextEncoder().encode(text) : text;
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
    one.postMessage(asked, [asked.buffer]);
  });
}

const page = start(workOut);
page.input.removeAttribute("maxlength");
document.querySelector("#promise").textContent = "Nothing is sent: the page works it out itself.";

const openFile = async (file) => page.answer(bytesOf(file), file.name);
const picker = document.querySelector("#file");
document.querySelector("#open").hidden = false;
picker.addEventListener("change", () => {
  if (picker.files.length) openFile(picker.files[0]);
  picker.value = "";
});

document.addEventListener("dragover", (event) => event.preventDefault());
document.addEventListener("drop", (event) => {
  const [file] = event.dataTransfer.files;
  if (!file) return; // text goes into the field by itself
  event.preventDefault();
  openFile(file);
});
document.addEventListener("paste", (event) => {
  const [file] = event.clipboardData.files;
  if (!file) return;
  event.preventDefault();
  openFile(file);
});
