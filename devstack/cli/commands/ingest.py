"""`graphwell ingest`: files and folders into a tenant."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from devstack.cli.commands.options import DataOption, JsonOption, TenantOption, TokenOption, UrlOption, open_client
from devstack.cli.commands.output import print_json, printable
from devstack.cli.context import context_of
from devstack.errors import DevstackError

if TYPE_CHECKING:
    from devstack.cli.commands.progress import ProgressBars
    from devstack.client.documents import Document, DocumentOutcome, UploadableFile
    from devstack.client.ingestion import IngestReport
    from devstack.client.source_files import SourceFile

PathsArgument = Annotated[
    list[Path],
    typer.Argument(
        metavar="PATH",
        help="Files or folders: Markdown, text, HTML, CSV, PDF, DOCX, PPTX, XLSX, EPUB, or a corpus (.jsonl).",
    ),
]
WaitOption = Annotated[bool, typer.Option("--wait/--no-wait", help="Wait until the documents can be searched.")]


def ingest(
    ctx: typer.Context,
    paths: PathsArgument,
    *,
    tenant: TenantOption = None,
    wait: WaitOption = True,
    as_json: JsonOption = False,
    url: UrlOption = None,
    token: TokenOption = None,
    data: DataOption = None,
) -> None:
    """Bring files and folders into a tenant; run it again to continue, unchanged files cost nothing."""
    from devstack.cli.commands.progress import ProgressBars  # noqa: PLC0415  (start-up time)
    from devstack.client.ingestion import Ingestion  # noqa: PLC0415
    from devstack.client.source_files import FileKind, find_source_files  # noqa: PLC0415

    world = context_of(ctx)
    sources = list(find_source_files(paths))
    if not sources:
        raise DevstackError(f"There is no file to ingest in {', '.join(map(str, paths))}.")
    expected = sum(source.kind is not FileKind.UNSUPPORTED for source in sources)
    with open_client(ctx, tenant=tenant, url=url, token=token, data=data, patient=True) as client:
        ingestion = Ingestion(client, sleep=world.sleep, clock_s=world.clock_s)
        with ProgressBars(documents=expected) as bars:
            reading = _Reading(sources, bars)
            report = ingestion.run(reading.documents(), wait=wait, progress=bars).with_outcomes(reading.outcomes)
    if as_json:
        print_json({"tenant": tenant, **report.as_json(), "notes": reading.notes})
    else:
        _print_report(report, reading.notes, waited=wait, tenant=tenant)
    if report.failures or not expected:
        raise typer.Exit(1)


class _Reading:
    """Reads the files as they are needed and keeps what there is to tell about them."""

    def __init__(self, sources: Sequence[SourceFile], bars: ProgressBars) -> None:
        self._sources = sources
        self._bars = bars
        self.outcomes: list[DocumentOutcome] = []
        self.notes: dict[str, str] = {}

    def documents(self) -> Iterator[Document | UploadableFile]:
        """Yield the documents of all files."""
        from devstack.client.file_reader import read_files  # noqa: PLC0415  (start-up time)

        for contents in read_files(self._sources):
            self.outcomes.extend(contents.outcomes)
            if contents.note:
                self.notes[contents.file] = contents.note
            if contents.documents:
                self._bars.expect_documents(len(contents.documents) - 1)
            yield from contents.documents
            yield from contents.uploads


def _print_report(report: IngestReport, notes: dict[str, str], *, waited: bool, tenant: str | None) -> None:
    """Print a line a file on stdout, then the failures on stderr."""
    outcomes_of_file: dict[str, list[DocumentOutcome]] = {}
    for outcome in report.outcomes:
        outcomes_of_file.setdefault(outcome.file, []).append(outcome)
    for file, outcomes in sorted(outcomes_of_file.items()):
        note = f" ({notes[file]})" if file in notes else ""
        typer.echo(f"{_summary(outcomes)}  {printable(file)}{note}")
    typer.echo(_total(report, waited=waited, tenant=tenant))
    if report.failures:
        typer.echo(f"{len(report.failures)} failed:", err=True)
    for failure in report.failures:
        name = f"{failure.file} ({failure.document_id})" if failure.document_id else failure.file
        typer.echo(printable(f"  {name}: {failure.reason}"), err=True)


def _summary(outcomes: Sequence[DocumentOutcome]) -> str:
    """Return what became of a file: one word for one document, counts for a corpus."""
    if len(outcomes) == 1:
        return f"{outcomes[0].status.value:<9}"
    statuses = [outcome.status.value for outcome in outcomes]
    return ", ".join(f"{statuses.count(status)} {status}" for status in dict.fromkeys(statuses))


def _total(report: IngestReport, *, waited: bool, tenant: str | None) -> str:
    from devstack.client.documents import OutcomeStatus  # noqa: PLC0415  (start-up time)

    counts = ", ".join(f"{report.count(status)} {status.value}" for status in OutcomeStatus if report.count(status))
    if not waited:
        jobs = " ".join(report.job_ids)
        command = f"graphwell jobs --watch{f' --tenant {tenant}' if tenant else ''}"
        return f"{counts}; indexing goes on, see `{command}`{f' ({jobs})' if jobs else ''}."
    if not report.job_ids:
        return f"{counts}; nothing to index."
    return f"{counts}; {report.chunks_embedded} chunks in {report.elapsed_s:.1f} s."
