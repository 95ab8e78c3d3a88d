// The page of a running server: it asks that server.
import { start } from "./form.js";

async function ask(bytes) {
  const response = await fetch("/api/explain", { method: "POST", body: bytes, headers: { "Content-Type": "text/plain" } }).catch(() => {
    throw new Error("The server could not be reached. Is it still running?");
  });
  const answer = await response.json().catch(() => ({ ok: false, error: `The server answered ${response.status}.` }));
  if (!answer.ok) throw new Error(answer.error);
  return { answers: answer.answers, isCut: answer.cut, delivered: answer.delivered };
}

start(ask, 256 * 1024);
