"""Secrets Manager and SSM: the moto server, which keeps everything in memory."""

from __future__ import annotations

import sys
from typing import ClassVar

import httpx

from devstack.ports import LOOPBACK
from devstack.services.base import Service


class MotoService(Service):
    """What it holds is made from the template at each start, so nothing of it needs a disk."""

    name: ClassVar[str] = "aws"

    @property
    def url(self) -> str:
        """Address for boto3."""
        return f"http://{LOOPBACK}:{self.home.port}"

    def argv(self) -> list[str]:
        """Return the command."""
        return [sys.executable, "-m", "moto.server", "-H", LOOPBACK, "-p", str(self.home.port)]

    def probe(self) -> None:
        """List the secrets."""
        httpx.post(
            self.url,
            headers={
                "X-Amz-Target": "secretsmanager.ListSecrets",
                "Content-Type": "application/x-amz-json-1.1",
                "Authorization": "AWS4-HMAC-SHA256 Credential=local/20260101/us-east-1/secretsmanager/aws4_request, "
                "SignedHeaders=host, Signature=0",
            },
            content="{}",
            timeout=5.0,
        ).raise_for_status()
