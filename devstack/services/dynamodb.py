"""DynamoDB: DynamoDB Local on an SQLite file."""

from __future__ import annotations

import json
import sys
from typing import ClassVar

import httpx

from devstack.downloads.fetch import Report, bundle_paths
from devstack.ports import LOOPBACK
from devstack.preflight import find_java
from devstack.services.base import Service
from devstack.services.java import SMALL_SERVER_OPTIONS


class DynamoDbService(Service):
    """One database for every region and access key."""

    name: ClassVar[str] = "dynamodb"

    @property
    def url(self) -> str:
        """Address for boto3."""
        return f"http://{LOOPBACK}:{self.home.port}"

    def download(self, report: Report) -> None:
        """Fetch the jars and SQLite's native library."""
        bundle_paths("dynamodb", report)

    def argv(self) -> list[str]:
        """Write dynamodb.json and return the command."""
        files = bundle_paths("dynamodb")
        (native,) = (path for path in files if path.suffix == ".so")
        settings = {
            "libjvm": str(find_java().libjvm),
            "class_path": [str(path) for path in files if path.suffix == ".jar"],
            "options": [*SMALL_SERVER_OPTIONS, "-Xmx128m", f"-Djava.library.path={native.parent}"],
            "host": LOOPBACK,
            "arguments": [
                *("-port", str(self.home.port)),
                *("-dbPath", str(self.home.data_dir)),
                *("-sharedDb", "-disableTelemetry"),
            ],
        }
        path = self.home.run_dir / "dynamodb.json"
        path.write_text(json.dumps(settings))
        return [sys.executable, "-m", "devstack.services.dynamodb_server", str(path)]

    def probe(self) -> None:
        """List the tables."""
        httpx.post(
            self.url,
            headers={
                "X-Amz-Target": "DynamoDB_20120810.ListTables",
                "Content-Type": "application/x-amz-json-1.0",
                # Only the shape of the signature is looked at.
                "Authorization": "AWS4-HMAC-SHA256 Credential=local/20260101/us-east-1/dynamodb/aws4_request, "
                "SignedHeaders=host, Signature=0",
            },
            content="{}",
            timeout=5.0,
        ).raise_for_status()
