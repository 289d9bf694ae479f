"""What comes out of real files, by name what does not, and what reading costs in time and memory by kind."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import tempfile
import time
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Any

from bench.large_files import large_file
from bench.local_stack import COLLECTIONS, BenchStack
from graphwell.adapters.files.file_text_extractor import FileTextExtractor
from graphwell.adapters.files.isolated_reader import IsolatedReader, ReadLimits, reader_environment
from graphwell.adapters.files.reader_process import outcome_of
from graphwell.domain.files import FILE_ENDINGS, PDF, media_type_of

DOCUMENTS = COLLECTIONS / "documents"
LIMITS = ReadLimits()
ROUNDS = 7
_WORD = re.compile(r"\w+")
_HYPHEN_AT_LINE_END = re.compile(r"(?<=\w)-\n(?=\w)")


@dataclass(frozen=True)
class Reading:
    """What the process that reads one file wrote and took; seconds are of processor time."""

    outcome: dict[str, Any]
    seconds: float
    peak_mb: float


def measure(_stack: BenchStack) -> dict[str, Any]:
    """Return the outcome of every real file, the cost of the largest files, and that of the process itself."""
    return {
        "files": _real_files(),
        "largest": [_large(ending) for ending in FILE_ENDINGS if ending not in {".htm", ".markdown"}],
        "process": _process_cost(),
    }


def _real_files() -> dict[str, Any]:
    found: dict[str, Any] = {}
    texts: Counter[str] = Counter()
    for path in sorted(path for path in DOCUMENTS.rglob("*") if path.is_file() and path.parent.name != "expected"):
        media_type = media_type_of(path.name)
        name = path.relative_to(DOCUMENTS).as_posix()
        if media_type is None:
            found[name] = {"refused": "POST /v1/uploads answers 422: its kind is not supported"}
            continue
        if path.suffix == ".md":  # no foreign parser
            texts[next(iter(outcome_of(path.read_bytes(), media_type)))] += 1
            continue
        found[name] = _described(path, _read(path.read_bytes(), media_type))
    return {"markdown files": dict(texts), **found}


def _described(path: Path, reading: Reading) -> dict[str, Any]:
    cost = {"seconds": round(reading.seconds, 2), "peak_mb": round(reading.peak_mb)}
    if "fault" in reading.outcome:
        return {"fault": f"{reading.outcome['fault']}: {reading.outcome['detail']}", **cost}
    text = reading.outcome["text"]["text"]
    expected = path.parent / "expected" / f"{path.stem}.md"
    # test.md belongs to test.pdf: the other files of that name hold other texts.
    share = (
        {"share_of_expected": _share(expected.read_text(), text)} if expected.exists() and path.suffix == ".pdf" else {}
    )
    return {"characters": len(text), "pages": len(reading.outcome["text"]["page_starts"]), **share, **cost}


def _share(expected: str, text: str) -> float:
    """Return the share of the expected words that the text has, words that a line end parts taken as one in both."""
    wanted, had = (Counter(_WORD.findall(_HYPHEN_AT_LINE_END.sub("", value).lower())) for value in (expected, text))
    return round((wanted & had).total() / wanted.total(), 4) if wanted else 1.0


def _large(ending: str) -> dict[str, Any]:
    data = large_file(ending, DOCUMENTS)
    media_type = media_type_of(f"x{ending}")
    assert media_type
    reading = _read(data, media_type)
    characters = len(reading.outcome["text"]["text"]) if "text" in reading.outcome else 0
    return {
        "kind": ending,
        "file_mb": round(len(data) / 1e6, 2),
        "characters": characters,
        "outcome": reading.outcome.get("fault", "text"),
        "seconds": round(reading.seconds, 2),
        "seconds_a_file_mb": round(reading.seconds / len(data) * 1e6, 2),
        "seconds_a_million_characters": round(reading.seconds / max(characters, 1) * 1e6, 2),
        "peak_mb": round(reading.peak_mb),
    }


def _read(data: bytes, media_type: str) -> Reading:
    """Read a file as `IsolatedReader` does, and take down what its process used."""
    command = [sys.executable, "-m", "graphwell.adapters.files.reader_process", media_type]
    limits = [str(LIMITS.memory_bytes), str(int(LIMITS.time_s))]
    with tempfile.TemporaryFile() as source, tempfile.TemporaryFile() as result:
        source.write(data)
        source.seek(0)
        process = subprocess.Popen([*command, *limits], stdin=source, stdout=result, env=reader_environment())
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        result.seek(0)
        written = result.read()
    outcome = json.loads(written) if written else {"fault": f"exit {process.returncode}", "detail": ""}
    return Reading(outcome, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024)


def _process_cost() -> dict[str, Any]:
    """Return what the process adds to a small file, its parser imported here already and there each time."""
    data = (DOCUMENTS / "office" / "movie-theater-booking-2024.pdf").read_bytes()
    times: dict[str, list[float]] = {"in_process": [], "isolated": []}
    for _ in range(ROUNDS):
        for name, extractor in (("in_process", FileTextExtractor()), ("isolated", IsolatedReader(LIMITS))):
            started = time.perf_counter()
            extractor.extract(data, PDF)
            times[name].append((time.perf_counter() - started) * 1000)
    return {f"{name}_p50_ms": round(median(found), 1) for name, found in times.items()}
