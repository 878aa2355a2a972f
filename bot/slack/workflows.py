"""The step "Schedule a Globus transfer" in Slack's Workflow Builder (https://docs.slack.dev/workflows/workflow-steps)."""

import logging
from typing import Final
from zoneinfo import ZoneInfo

from slack_bolt.kwargs_injection.async_args import AsyncArgs

from bot.accounts import SlackUser
from bot.errors import CannotPost, Problem, ServiceUnavailable
from bot.installing import NotInstalled
from bot.slack.announcing import DETAILS
from bot.slack.app import Listen
from bot.slack.blocks import (
    SECTION_TEXT,
    Block,
    actions,
    bold,
    button,
    code,
    context,
    escape,
    section,
    shortened,
)
from bot.slack.form import FormContext
from bot.slack.members import workspace_of
from bot.slack.payloads import person_of, value_of
from bot.slack.posting import Poster
from bot.slack.views import OpenFormOf
from bot.slack.zones import Zones
from bot.workflows import INPUTS, Message, Step, Workflows

EXECUTED: Final = "function_executed"
SCHEDULE_STEP: Final = "schedule_globus_transfer"
"""The step's name in the manifest."""

REVIEW: Final = "workflow_review"
DECLINE: Final = "workflow_decline"

DECLINED: Final = "You declined. The workflow is told, and nothing was scheduled."

LONGEST_INPUT: Final = 300
"""Characters of an input that the message shows; a workflow can put anything into one."""

log = logging.getLogger(__name__)


class WorkflowHandlers:
    """What happens when a workflow comes to the step, and with the message that it brings."""

    def __init__(self, *, workflows: Workflows, open_form: OpenFormOf, zones: Zones) -> None:
        self._workflows = workflows
        self._open_form = open_form
        self._zones = zones

    def register(self, listen: Listen) -> None:
        """Say which of Slack's messages these handlers answer."""
        listen.event(EXECUTED, self.executed)
        listen.action(REVIEW, self.review)
        listen.action(DECLINE, self.decline)

    async def executed(self, args: AsyncArgs) -> None:
        """Keep the step. The token that comes with it is not kept: it dies long before a person answers."""
        event = args.body["event"]
        if event["function"]["callback_id"] != SCHEDULE_STEP:
            return
        given = event.get("inputs") or {}
        inputs = {name: given[name] for name in INPUTS if isinstance(given.get(name), str)}
        person = SlackUser(workspace_of(args.context), inputs.get("person", ""))
        await self._workflows.receive(str(event["function_execution_id"]), person, inputs)

    async def review(self, args: AsyncArgs) -> None:
        """Open the form, filled in, in the name of the person who was asked."""
        zone = await self._zones.of(args)
        step, filled = await self._workflows.review(value_of(args), person_of(args), zone=ZoneInfo(zone))
        note = ":information_source: A workflow filled this in. Check it: the transfer runs in your name."
        await self._open_form(args, FormContext(step.request_id, zone=zone), filled, note=note)

    async def decline(self, args: AsyncArgs) -> None:
        """Let the workflow go on without a transfer."""
        person = person_of(args)
        name = str(args.body["user"].get("name") or person.user_id)
        await self._workflows.decline(value_of(args), person, name=f"@{name}")
        await args.ack()
        await args.respond(text=DECLINED, blocks=[section(DECLINED)], replace_original=True)


class WorkflowMessages:
    """Asks people, and tells Slack how their answers were."""

    def __init__(self, *, poster: Poster, app_url: str) -> None:
        self._poster = poster
        self._app_url = app_url

    def zone(self, person: SlackUser) -> str:
        """Give the IANA name of a person's time zone."""
        return self._poster.zone(person)

    def ask(self, step: Step) -> Message:
        """Ask the person to review; raises CannotPost or ServiceUnavailable."""
        if not step.person.user_id:
            raise CannotPost("The workflow names nobody.", "", reason="user_not_found")
        text, blocks = asking(step)
        return Message(*self._poster.tell(step.person, text=text, blocks=blocks))

    def end(self, step: Step) -> None:
        """Tell Slack and the person how a step ended; raises ServiceUnavailable.

        A refusal is final, and only noted (https://docs.slack.dev/reference/methods/functions.completeSuccess).
        """
        self._show_end(step)
        job_id, team_id = step.ending.job_id, step.person.team_id
        outputs = outputs_of(job_id, app_url=self._app_url) if job_id else None
        try:
            refused = self._poster.end_step(
                team_id, step.execution_id, outputs=outputs, error=step.ending.error
            )
        except NotInstalled:
            refused = "not_installed"
        if refused:
            log.warning("Slack does not take a step's end", extra={"team": team_id, "reason": refused})

    def _show_end(self, step: Step) -> None:
        """Let the message that asked say what became of it, in place of its buttons."""
        if step.message is None:
            return
        text, blocks = answered(step)
        place, team_id = step.message, step.person.team_id
        try:
            self._poster.edit(team_id, place.channel_id, place.ts, text=text, blocks=blocks)
        except ServiceUnavailable:
            raise
        except Problem as problem:
            log.info("a workflow's message cannot be edited", extra={"reason": str(problem)})


def outputs_of(job_id: str, *, app_url: str) -> dict[str, str]:
    """Give what the step hands on to the rest of the workflow, by the names in the manifest."""
    return {"job_id": job_id, "timer_link": f"{app_url}/activity/timers/{job_id}/overview"}


def asking(step: Step) -> tuple[str, list[Block]]:
    """Draw the message that asks somebody to review what a workflow wants of them."""
    said, blocks = _wanted(step)
    buttons = actions(
        button("Review and schedule", REVIEW, value=step.execution_id, primary=True),
        button("Decline", DECLINE, value=step.execution_id),
    )
    fine_print = context("Nothing happens unless you send the form. It runs with your own Globus account.")
    return said, [*blocks, buttons, fine_print]


def answered(step: Step) -> tuple[str, list[Block]]:
    """Draw that message once the step has ended: what was wanted, and what became of it."""
    _said, blocks = _wanted(step)
    ending = step.ending
    if ending.is_declined:
        return DECLINED, [*blocks, section(DECLINED)]
    if ending.job_id:
        said = f":white_check_mark: Scheduled. Job ID {code(ending.job_id)}"
        return said, [*blocks, section(said), actions(button("Details", DETAILS, value=ending.job_id))]
    said = f":no_entry: {escape(shortened(ending.error, SECTION_TEXT // 2))} The workflow is told."
    return said, [*blocks, section(said)]


def _wanted(step: Step) -> tuple[str, list[Block]]:
    given = step.inputs
    said = f"A workflow asks you to schedule {bold(_short(given.get('name') or 'a Globus transfer'))}."
    lines = [
        f"{label} {code(_short(' '.join(filter(None, (given.get(side), given.get(f'{side}_path'))))))}"
        for label, side in (("From", "source"), ("To", "destination"))
    ]
    lines.append(f"Schedule: {escape(_short(given.get('schedule', '')))}")
    channel = given.get("channel", "")
    lines += [f"Announced in <#{channel}>"] if channel.isalnum() else []
    return said, [section(said), section("\n".join(lines))]


def _short(text: str) -> str:
    return shortened(" ".join(text.split()), LONGEST_INPUT)
