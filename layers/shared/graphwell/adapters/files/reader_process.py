"""The process that reads one file: bounds itself, reads the file from stdin, writes what is in it to stdout, ends.

A parser of untrusted files that hangs, grows or crashes takes only this process with it. The environment it starts
with holds nothing but the module path: no credentials, no addresses.
"""

from __future__ import annotations

import gc
import json
import resource
import sys
from dataclasses import asdict
from typing import Any

from graphwell.domain.documents import ContentType
from graphwell.domain.errors import UnreadableFile, UnusableDocument
from graphwell.domain.files import FileFault
from graphwell.ports import ExtractedText

MAX_RESULT_BYTES = 64 * 1024 * 1024
"""The text of a document takes 16 MB at most in UTF-8."""

_NESTING = 2_000


def bound(memory_bytes: int, time_s: int) -> None:
    """Limit this process for good: memory, processor time, written bytes; it starts no other and dumps no core."""
    limits = {
        resource.RLIMIT_AS: memory_bytes,
        resource.RLIMIT_CPU: time_s,
        resource.RLIMIT_FSIZE: MAX_RESULT_BYTES,
        resource.RLIMIT_CORE: 0,
        resource.RLIMIT_NPROC: 0,
    }
    for name, limit in limits.items():
        resource.setrlimit(name, (limit, limit))


def main(arguments: list[str]) -> None:
    """Read the file of a media type: `reader_process MEDIA_TYPE MEMORY_BYTES TIME_S`."""
    media_type, memory_bytes, time_s = arguments
    bound(int(memory_bytes), int(time_s))
    sys.setrecursionlimit(_NESTING)
    gc.disable()  # garbage dies with the process; looking for it took 45 % of the time of a large Word document
    sys.stdout.write(json.dumps(outcome_of(sys.stdin.buffer.read(), media_type), ensure_ascii=True))


def outcome_of(data: bytes, media_type: str) -> dict[str, Any]:
    """Return what is in a file, `{"text": ...}`, or what is wrong with it, `{"fault": ..., "detail": ...}`."""
    from graphwell.adapters.files.file_text_extractor import FileTextExtractor  # noqa: PLC0415  (within the limits)

    try:
        return {"text": asdict(FileTextExtractor().extract(data, media_type))}
    except UnreadableFile as error:
        return _fault(error.fault, error.detail)
    except UnusableDocument as error:
        return _fault(FileFault.CORRUPT, error.detail)
    except MemoryError:
        return _fault(FileFault.MEMORY, "Reading the file takes more memory than is allowed; split it.")
    except RecursionError:
        return _fault(FileFault.UNSAFE_MARKUP, "The file nests its parts too deeply; save it anew in a simpler form.")
    except Exception:  # noqa: BLE001  foreign parsers raise anything at all over damaged files
        return _fault(FileFault.CORRUPT, "The file is damaged or not what its name says; save it anew and upload it.")


def _fault(fault: FileFault, detail: str) -> dict[str, Any]:
    return {"fault": fault, "detail": detail}


def read_outcome(result: bytes) -> ExtractedText:
    """Return what the process wrote.

    Raises:
        UnreadableFile: it could not read the file.
        ValueError: it was cut off.
    """
    outcome = json.loads(result)
    if "fault" in outcome:
        raise UnreadableFile(FileFault(outcome["fault"]), outcome["detail"])
    fields = outcome["text"]
    return ExtractedText(
        fields["text"], ContentType(fields["content_type"]), fields["title"], tuple(fields["page_starts"])
    )


if __name__ == "__main__":
    main(sys.argv[1:])
