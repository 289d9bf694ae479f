"""Small test collections on disk."""

from __future__ import annotations

import json
from pathlib import Path


def write_collection(
    folder: Path, documents: dict[str, str], queries: dict[str, str], judgements: dict[tuple[str, str], int]
) -> Path:
    folder.mkdir()
    corpus = [{"id": name, "title": "", "text": text} for name, text in documents.items()]
    (folder / "corpus.jsonl").write_text("".join(json.dumps(line) + "\n" for line in corpus))
    asked = [{"id": name, "text": text} for name, text in queries.items()]
    (folder / "queries.jsonl").write_text("".join(json.dumps(line) + "\n" for line in asked))
    grades = "".join(f"{query}\t{document}\t{grade}\n" for (query, document), grade in judgements.items())
    (folder / "qrels.tsv").write_text("query-id\tdoc-id\tscore\n" + grades)
    return folder
