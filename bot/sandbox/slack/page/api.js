/** The pretend Slack's acts over HTTP, as they are described in the sandbox's OpenAPI document. */

/** An act that did not work; `code` is Slack's name for it, the message a sentence. */
export class Refused extends Error {
  constructor(answer) {
    super(answer.detail);
    this.code = answer.error;
    this.fields = answer.fields ?? [];
    this.errors = answer.errors ?? {};
  }
}

async function answered(response) {
  let answer;
  try {
    answer = await response.json();
  } catch {
    throw new Refused({
      error: `http_${response.status}`,
      detail: "The sandbox gave no answer that can be read.",
    });
  }
  if (!answer.ok) throw new Refused(answer);
  return answer;
}

/** Look at something; `query` are its parameters, of which empty ones are left away. */
export async function see(act, query = {}, signal = undefined) {
  const given = Object.entries(query).filter(
    ([, value]) => value !== undefined && value !== "" && value !== null,
  );
  return answered(
    await fetch(`/sandbox/${act}?${new URLSearchParams(given)}`, { signal, cache: "no-store" }),
  );
}

/** Do something. */
export async function act(name, body) {
  const headers = { "Content-Type": "application/json" };
  return answered(await fetch(`/sandbox/${name}`, { method: "POST", headers, body: JSON.stringify(body) }));
}
