// The page of a running server: it asks that server.
import { start } from "./form.js";

async function ask(text) {
  const response = await fetch(`/api/explain?${new URLSearchParams({ text })}`).catch(() => {
    throw new Error("The server could not be reached. Is it still running?");
  });
  const answer = await response.json().catch(() => ({ ok: false, error: `The server answered ${response.status}.` }));
  if (!answer.ok) throw new Error(answer.error);
  return { answers: [answer] };
}

start(ask);
