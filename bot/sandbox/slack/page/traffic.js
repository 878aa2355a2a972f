/** An entry of the log in a few words. */

/** What an app asks of Globus without a token of its own; all else without one is a person's browser. */
const BOTS_OWN = /^\/(v2\/oauth2\/token|\.well-known|jwk\.json)/;

/** Give `from` and `to` (`slack`, `bot`, `globus`), what it was (`name`), how it ended, and whether that is bad. */
export function described(entry) {
  if (entry.service === "globus") return globusCall(entry);
  if (entry.kind === "delivery") return delivery(entry);
  if (entry.kind === "call") return slackCall(entry);
  return { from: "bot", to: "slack", name: `${entry.kind} ${entry.event ?? ""}`, outcome: "", isBad: false };
}

function delivery({ type, payload, outcome, answer }) {
  const action = answer?.response_action;
  const isBad = !["sent", "acknowledged"].includes(outcome);
  const words =
    outcome === "sent" ? "…" : action ? `ack: ${action}` : outcome === "acknowledged" ? "ack" : outcome;
  return { from: "slack", to: "bot", name: named(type, payload), outcome: words, isBad };
}

function named(type, payload) {
  if (type === "slash_commands") return `${payload.command} ${payload.text}`.trim();
  if (type === "events_api") return `event ${payload.event?.type}`;
  const pressed = payload.actions?.map((one) => one.action_id).join(", ");
  const about = pressed ?? payload.action_id ?? payload.callback_id ?? payload.view?.callback_id ?? "";
  return `${payload.type} ${about}`.trim();
}

function slackCall({ method, arguments: given, ok, error, status, fault }) {
  const about = given?.view?.title?.text ?? given?.channel ?? "";
  const name = about && typeof about === "string" ? `${method} ${about}` : method;
  const outcome = ok ? "ok" : (error ?? (status ? `HTTP ${status}` : "no answer"));
  return { from: "bot", to: "slack", name, outcome: fault ? `${outcome} (${fault})` : outcome, isBad: !ok };
}

function globusCall({ method, path, status, took_ms: took, fault, identity_id: identity }) {
  const [verb] = method.split(" ");
  const isOver = took !== undefined;
  const outcome = status ? String(status) : isOver ? "no answer" : "…";
  const isBad = isOver && (!status || status >= 400);
  const from = identity || BOTS_OWN.test(path) ? "bot" : "person";
  return {
    from,
    to: "globus",
    name: `${verb} ${path}`,
    outcome: fault ? `${outcome} (${fault})` : outcome,
    isBad,
  };
}
