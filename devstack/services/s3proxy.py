"""S3: S3Proxy over a folder."""

from __future__ import annotations

from pathlib import Path
from typing import ClassVar

import httpx

from devstack.downloads.fetch import Report, bundle_paths
from devstack.ports import LOOPBACK
from devstack.preflight import find_java
from devstack.services.base import Service
from devstack.services.java import java_argv, properties


class S3ProxyService(Service):
    """Buckets are folders and objects are files of the data folder."""

    name: ClassVar[str] = "s3"

    @property
    def url(self) -> str:
        """Address for boto3."""
        return f"http://{LOOPBACK}:{self.home.port}"

    def download(self, report: Report) -> None:
        """Fetch S3Proxy's jars."""
        bundle_paths("s3", report)

    def argv(self) -> list[str]:
        """Write s3proxy.properties and return the command."""
        settings = {
            "s3proxy.endpoint": self.url,
            "s3proxy.authorization": "none",
            "jclouds.provider": "filesystem-nio2",
            "jclouds.identity": "local",
            "jclouds.credential": "local",
            "jclouds.filesystem.basedir": str(self.home.data_dir),
        }
        path = self.home.run_dir / "s3proxy.properties"
        path.write_text(properties(settings))
        return java_argv(
            find_java(),
            bundle_paths("s3"),
            "org.gaul.s3proxy.Main",
            heap_mb=128,
            options=[f"-Dlogback.configurationFile={Path(__file__).with_name('logback.xml')}"],
            arguments=["--properties", str(path)],
        )

    def probe(self) -> None:
        """List the buckets."""
        reply = httpx.get(self.url, timeout=5.0).raise_for_status()
        if "ListAllMyBucketsResult" not in reply.text:
            raise ConnectionError("the reply is not a list of buckets")
