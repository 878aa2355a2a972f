"""Files that the app uploads, in three steps, and shows in image blocks.

https://docs.slack.dev/messaging/working-with-files
"""

import mimetypes
import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Any, Final

from bot.sandbox.slack.errors import ApiError
from bot.sandbox.slack.identifiers import Identifiers
from bot.sandbox.slack.limits.checking import Problem
from bot.sandbox.traffic import Traffic
from bot.sandbox.wire import Json

ALT_TEXT: Final = 1000
UPLOAD_PATH: Final = "/upload/v1/"
_FILE_ID: Final = re.compile(r"F[A-Z0-9]{8,}")
_SIGNATURES: Final = {b"\x89PNG\r\n\x1a\n": "image/png", b"\xff\xd8\xff": "image/jpeg", b"GIF8": "image/gif"}


@dataclass(frozen=True)
class File:
    """A file of a workspace's or enterprise's; `content` is there once it was uploaded.

    `completed_at` (epoch seconds) is when the app said that it is all there; nobody sees it before.
    """

    id: str
    where: str
    name: str
    length: int
    alt_text: str
    secret: str
    title: str = ""
    content: bytes | None = None
    completed_at: float | None = None

    @property
    def mimetype(self) -> str:
        """The type: by the first bytes where they tell, otherwise by the name."""
        for start, kind in _SIGNATURES.items():
            if (self.content or b"").startswith(start):
                return kind
        guessed = mimetypes.guess_type(self.name)[0] or "application/octet-stream"
        return "application/octet-stream" if guessed.startswith("image/") else guessed


class Files:
    """All files; a complete one can be shown in blocks after `processing_seconds`."""

    def __init__(self, clock: Callable[[], float], identifiers: Identifiers, traffic: Traffic) -> None:
        self._clock = clock
        self._identifiers = identifiers
        self._traffic = traffic
        self._files: dict[str, File] = {}
        self.processing_seconds = 0.0

    def announce(self, where: str, name: str, length: int, alt_text: str) -> File:
        """Make room for a file of `length` bytes; its `secret` ends the path to which it is uploaded."""
        file_id, secret = self._identifiers.new("F"), self._identifiers.secret()
        return self._keep(File(file_id, where, name, length, alt_text, secret))

    def receive(self, secret: str, content: bytes) -> File | None:
        """Take a file's bytes; None for a path that leads nowhere, or if the number of bytes is wrong."""
        found = next((one for one in self._files.values() if one.secret == secret), None)
        if found is None or found.completed_at is not None or len(content) != found.length:
            return None
        return self._keep(replace(found, content=content))

    def complete(self, where: str, file_id: str, title: str | None) -> File:
        """Say that a file is all there. Raises ApiError `file_not_found`."""
        found = self._files.get(file_id)
        if found is None or found.where != where or found.content is None:
            raise ApiError("file_not_found")
        return self._keep(replace(found, title=title or found.name, completed_at=self._clock()))

    def find(self, file_id: str) -> File | None:
        """Give a file that is complete."""
        found = self._files.get(file_id)
        return found if found and found.completed_at is not None else None

    def problems(self, blocks: object, path: str) -> list[Problem]:
        """List the images of a list of blocks that cannot be shown; other mistakes are not its matter."""
        return [
            Problem(place, "invalid slack file")
            for given, place in _shown(blocks, path)
            if not self._can_be_shown(given)
        ]

    def _can_be_shown(self, given: Json) -> bool:
        file_id, url = given.get("id"), given.get("url")
        if isinstance(file_id, str) and _FILE_ID.fullmatch(file_id):
            found = self.find(file_id)
        else:
            found = next((one for one in self._files.values() if url in addresses(one).values()), None)
        if found is None or found.completed_at is None or not found.mimetype.startswith("image/"):
            return False
        return self._clock() >= found.completed_at + self.processing_seconds

    def _keep(self, file: File) -> File:
        self._files[file.id] = file
        self._traffic.touch()
        return file


def addresses(file: File) -> dict[str, str]:
    """Give a file's addresses as its file object names them."""
    place = f"{file.where}-{file.id}/{file.name}"
    return {
        "url_private": f"https://files.slack.com/files-pri/{place}",
        "url_private_download": f"https://files.slack.com/files-pri/{place.replace('/', '/download/', 1)}",
        "permalink": f"https://sandbox-lab.slack.com/files/{file.id}/{file.name}",
    }


def described(file: File) -> Json:
    """Give the file object (https://docs.slack.dev/reference/objects/file-object)."""
    return {
        "id": file.id,
        "created": int(file.completed_at or 0),
        "timestamp": int(file.completed_at or 0),
        "name": file.name,
        "title": file.title,
        "mimetype": file.mimetype,
        "filetype": file.name.rpartition(".")[2],
        "alt_txt": file.alt_text,
        "size": file.length,
        "mode": "hosted",
        **addresses(file),
    }


def _shown(value: Any, path: str) -> Iterator[tuple[Json, str]]:  # noqa: ANN401 - any JSON
    pairs: Iterable[tuple[Any, Any]] = ()
    if isinstance(value, dict):
        pairs = value.items()
        if isinstance(value.get("slack_file"), dict):
            yield value["slack_file"], f"{path}/slack_file"
    elif isinstance(value, list):
        pairs = enumerate(value)
    for key, one in pairs:
        yield from _shown(one, f"{path}/{key}")
