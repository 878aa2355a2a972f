/** The page: draws what a person's window shows, and again whenever something happens in the pretend Slack. */

import { alertBar, complain } from "./alerts.js";
import { see } from "./api.js";
import { drawComposer } from "./composer.js";
import { drawHeading } from "./heading.js";
import { drawHome } from "./home.js";
import { drawInspector, show as showInspector } from "./inspector.js";
import { drawMessages } from "./messages.js";
import { drawViews } from "./modal.js";
import { firstChannel, go, look, meet, readAddress, session } from "./session.js";
import { drawSidebar, showDrawer } from "./sidebar.js";
import { drawThread } from "./thread.js";

const WAIT_SECONDS = 20;
const AGAIN = 1500;

let seen = 0;

async function refresh() {
  const { screen, isOld } = await look(seen || undefined);
  if (isOld) return;
  for (const refusal of screen.refusals.filter((one) => one.number > seen)) tellRefusal(refusal);
  seen = screen.number;
  draw();
}

function draw() {
  drawSidebar();
  drawHeading();
  drawHome();
  drawMessages();
  drawThread();
  drawComposer(document.querySelector("#composer"));
  drawViews();
  drawInspector();
}

/** Say that Slack did not accept what the app sent: a person would not see it, its developer should. */
function tellRefusal({ number, method, error, messages }) {
  const more = { name: "Inspect", act: () => showInspector(number) };
  alertBar({ title: `Slack refused ${method}.`, detail: (messages ?? []).join(" "), code: error, more });
}

async function move() {
  readAddress();
  showDrawer(false);
  try {
    await refresh();
  } catch (problem) {
    if (problem.code === "channel_not_found") leave();
    else complain(problem);
  }
}

/** Go where the person may be, from a conversation that they are not in. */
function leave() {
  const channel = firstChannel();
  go({ place: channel && channel !== session.place.channel ? { channel } : { app: "messages" } });
}

async function follow() {
  let isLost = false;
  for (;;) {
    try {
      await see("wait", { after: seen, seconds: WAIT_SECONDS });
      if (isLost) {
        await meet();
        seen = 0;
      }
      isLost = false;
      await refresh();
    } catch (problem) {
      if (problem.code === "channel_not_found") await move();
      else {
        if (!isLost) complain(problem);
        isLost = true;
        await new Promise((resolve) => setTimeout(resolve, AGAIN));
      }
    }
  }
}

addEventListener("hashchange", move);
document.addEventListener("inspector", () => session.screen && draw());
document.addEventListener("visibilitychange", () => document.hidden || refresh().catch(() => {}));
await meet();
await move();
follow();
