"""Text processing and queues, as small as the use cases allow."""

from __future__ import annotations

from collections.abc import Sequence

from graphwell.domain.chunks import ChunkDraft
from graphwell.domain.documents import ContentType
from graphwell.domain.errors import Unavailable, UnusableDocument
from graphwell.ports import EmbedTask, ExtractedText
from graphwell.usecases.send_tasks import SendTasks
from tests.fakes.graph import FakeOutbox, FakeStaging

WORKERS = 2


class FakeChunker:
    """The `Chunker` port: one chunk a line that has a letter or digit."""

    fingerprint = "lines"

    def split(self, text: str, content_type: ContentType) -> list[ChunkDraft]:  # noqa: ARG002
        """Return the lines."""
        chunks: list[ChunkDraft] = []
        start = 0
        for line in text.split("\n"):
            if any(character.isalnum() for character in line):
                chunks.append(ChunkDraft(len(chunks), line, start, start + len(line)))
            start += len(line) + 1
        return chunks


class FakeExtractor:
    """The `TextExtractor` port: takes `<` and `>` away; what is then empty is unusable."""

    def __init__(self, title: str | None = None, page_starts: tuple[int, ...] = ()) -> None:
        self._title = title
        self._page_starts = page_starts

    def extract(self, data: bytes, media_type: str) -> ExtractedText:
        """Return the text between the marks."""
        text = data.decode().replace("<", "").replace(">", "").strip()
        if not text:
            raise UnusableDocument("There is no text in this file; send one that has some.")
        is_plain = media_type == ContentType.PLAIN.value
        content_type = ContentType.PLAIN if is_plain else ContentType.MARKDOWN
        return ExtractedText(text, content_type, self._title, self._page_starts)


class FakeEmbedQueue:
    """The `EmbedQueue` port; `tasks` lists what was sent. While `down`, it takes nothing."""

    def __init__(self, *, down: bool = False) -> None:
        self.down = down
        self.tasks: list[EmbedTask] = []

    def send(self, tasks: Sequence[EmbedTask]) -> None:
        """Keep the tasks."""
        if self.down:
            raise Unavailable("The queue does not answer.")
        self.tasks.extend(tasks)

    def is_empty(self) -> bool:
        """Tell whether nothing was sent."""
        if self.down:
            raise Unavailable("The queue does not answer.")
        return not self.tasks


def sending(staging: FakeStaging, queue: FakeEmbedQueue) -> SendTasks:
    """Return what sends the tasks of a store to a queue."""
    return SendTasks(FakeOutbox(staging), queue, WORKERS)
