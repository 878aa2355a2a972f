"""What somebody may see at Globus of what a link leads to, with their own tokens only."""

from bot.accounts import SlackUser
from bot.globus.clients import Clients
from bot.globus.errors import reading
from bot.globus.watching import moment, task_from, timer_from
from bot.timers import Run, Timer
from bot.unfurling import TaskPreview


class GlobusPreviews:
    """Looks as the person. Everything raises Refused, SignInNeeded or ServiceUnavailable."""

    def __init__(self, clients: Clients) -> None:
        self._clients = clients

    def task(self, person: SlackUser, task_id: str) -> TaskPreview:
        """Give a task of theirs (https://docs.globus.org/api/transfer/task/#task_document)."""
        with self._clients.transfer(person) as transfer, reading():
            document = transfer.get_task(task_id).data
            began = moment(document["request_time"])
            if began is None:
                raise ValueError("a task without a beginning")
            return TaskPreview(
                label=str(document.get("label") or "Globus transfer"),
                run=Run(began, task_id=task_id).seen_as(task_from(document)),
                source=str(document.get("source_endpoint_display_name") or ""),
                destination=str(document.get("destination_endpoint_display_name") or ""),
            )

    def timer(self, person: SlackUser, job_id: str) -> Timer:
        """Give a timer of theirs."""
        with self._clients.timers(person) as timers, reading():
            return timer_from(timers.get_job(job_id, query_params={"page_size": 1}).data)

    def collection(self, person: SlackUser, collection_id: str) -> str:
        """Give a collection's name."""
        with self._clients.transfer(person) as transfer, reading():
            return str(transfer.get_endpoint(collection_id)["display_name"] or collection_id)
