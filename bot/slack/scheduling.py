"""The command and the form: opened, redrawn when a choice shows another field, and sent."""

from collections.abc import Callable
from typing import Final

from slack_bolt.kwargs_injection.async_args import AsyncArgs

from bot.errors import FormProblems
from bot.linking import Linking
from bot.scheduling import Scheduling
from bot.slack import linking as linking_views
from bot.slack.app import Listen, person_of
from bot.slack.blocks import code
from bot.slack.form import FORM, REDRAWING, FormContext, form_view, placed, read_state
from bot.slack.progress import progress_view

COMMAND: Final = "/schedule-transfer"
HELP: Final = (
    "*Schedule a recurring Globus transfer*\n"
    f"`{COMMAND}` opens the form: from where, to where, how often. I check the consents that Globus needs, "
    "create the timer with your own Globus account, and post its job ID in the channel that you choose.\n"
    f"`{COMMAND} connect` links your Globus account, or gives you the sign-in link again.\n"
    f"`{COMMAND} help` shows this."
)


class SchedulingHandlers:
    """What the command and the form do."""

    def __init__(
        self, *, scheduling: Scheduling, linking: Linking, new_id: Callable[[], str], sign_in_first: bool
    ) -> None:
        self._scheduling = scheduling
        self._linking = linking
        self._new_id = new_id
        self._sign_in_first = sign_in_first

    def register(self, listen: Listen) -> None:
        """Say which of Slack's messages these handlers answer."""
        listen.command(COMMAND, self.command)
        for name in REDRAWING:
            listen.action(name, self.redraw)
        listen.view(FORM, self.submit)

    async def command(self, args: AsyncArgs) -> None:
        """Answer `/schedule-transfer` and its words."""
        text = str(args.body.get("text", "")).strip()
        channel_id = str(args.body["channel_id"])
        match text.lower():
            case "help":
                await args.ack(text=HELP)
            case "connect":
                await self._connect(args, channel_id)
            case _:
                await self._open(args, channel_id, note=_not_understood(text))

    async def _open(self, args: AsyncArgs, channel_id: str, *, note: str) -> None:
        person = person_of(args)
        if self._sign_in_first and not await self._linking.account_soon(person):
            link = await self._linking.begin_soon(person, channel_id=channel_id)
            view = linking_views.connect_view(link)
        else:
            view = form_view(FormContext(self._new_id(), channel_id), note=note)
        await args.client.views_open(trigger_id=args.body["trigger_id"], view=view)
        await args.ack()

    async def _connect(self, args: AsyncArgs, channel_id: str) -> None:
        person = person_of(args)
        account, link = await self._linking.connect(person, channel_id=channel_id)
        blocks = linking_views.connect_blocks(link, account)
        await args.ack(text="Sign in to Globus", blocks=blocks)

    async def redraw(self, args: AsyncArgs) -> None:
        """Show the fields that belong to the choice that was made; what was typed stays."""
        view = args.body["view"]
        drawn = form_view(
            FormContext.read(view["private_metadata"]), filled=read_state(view["state"]["values"])
        )
        await args.ack()
        await args.client.views_update(view_id=view["id"], hash=view["hash"], view=drawn)

    async def submit(self, args: AsyncArgs) -> None:
        """Keep the request before it is acknowledged, or say what is wrong under the fields."""
        view = args.body["view"]
        opened = FormContext.read(view["private_metadata"])
        try:
            request = await self._scheduling.submit(
                read_state(view["state"]["values"]),
                person=person_of(args),
                request_id=opened.request_id,
                view_id=view["id"],
            )
        except FormProblems as problems:
            await args.ack(response_action="errors", errors=placed(problems, view))
        else:
            await args.ack(response_action="update", view=progress_view(request))


def _not_understood(text: str) -> str:
    if not text:
        return ""
    return f":information_source: I could not read {code(text)}. Fill in the form, and I take it from there."
