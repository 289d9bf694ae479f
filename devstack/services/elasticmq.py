"""SQS: ElasticMQ, with queues and messages stored on disk."""

from __future__ import annotations

import json
from pathlib import Path
from typing import ClassVar

import httpx

from devstack.downloads.fetch import Report, bundle_paths
from devstack.ports import LOOPBACK
from devstack.preflight import find_java
from devstack.services.base import Service
from devstack.services.java import java_argv


class ElasticMqService(Service):
    """Queues that survive kill -9: each message is a row of an H2 database before it is acknowledged."""

    name: ClassVar[str] = "sqs"

    @property
    def url(self) -> str:
        """Address for boto3."""
        return f"http://{LOOPBACK}:{self.home.port}"

    def download(self, report: Report) -> None:
        """Fetch ElasticMQ's jars."""
        bundle_paths("elasticmq", report)

    def argv(self) -> list[str]:
        """Write elasticmq.conf and return the command."""
        config = self.home.run_dir / "elasticmq.conf"
        config.write_text(self._config())
        return java_argv(
            find_java(),
            bundle_paths("elasticmq"),
            "org.elasticmq.server.Main",
            heap_mb=192,
            options=[
                f"-Dconfig.file={config}",
                f"-Dlogback.configurationFile={Path(__file__).with_name('logback.xml')}",
                "--sun-misc-unsafe-memory-access=allow",
            ],
        )

    def probe(self) -> None:
        """List the queues."""
        httpx.post(
            self.url,
            headers={"X-Amz-Target": "AmazonSQS.ListQueues", "Content-Type": "application/x-amz-json-1.0"},
            content="{}",
            timeout=5.0,
        ).raise_for_status()

    def _config(self) -> str:
        port = self.home.port
        return "\n".join(
            [
                'include classpath("application.conf")',
                'pekko.loglevel = "WARNING"',
                f'node-address {{ protocol = http, host = "{LOOPBACK}", port = {port}, context-path = "" }}',
                f'rest-sqs {{ bind-hostname = "{LOOPBACK}", bind-port = {port}, sqs-limits = strict }}',
                "rest-stats.enabled = false",
                'aws { region = "us-east-1", accountId = "000000000000" }',
                f"queues-storage {{ enabled = true, path = {json.dumps(str(self.home.data_dir / 'queues.conf'))} }}",
                "messages-storage { enabled = true, driver-class = org.h2.Driver, username = sa }",
                # Every acknowledged message is on disk: H2 otherwise writes behind by half a second.
                f"messages-storage.uri = {json.dumps(f'jdbc:h2:{self.home.data_dir}/messages;WRITE_DELAY=0')}",
            ]
        )
