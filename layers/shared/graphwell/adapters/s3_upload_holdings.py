"""The uploaded files of a tenant as a whole, in S3."""

from __future__ import annotations

from typing import TYPE_CHECKING

from graphwell.adapters.aws_errors import unavailable_as
from graphwell.adapters.s3_upload_store import AWAY, upload_key
from graphwell.domain.erasure import Counts, Erasure
from graphwell.domain.tenancy import TenantScope

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client


class S3UploadHoldings:
    """The `TenantHoldings` of one bucket.

    Parameters:
        client: boto3 client of S3.
        bucket: name of the bucket.
    """

    def __init__(self, client: S3Client, bucket: str) -> None:
        self._client = client
        self._bucket = bucket

    def count(self, scope: TenantScope) -> Counts:
        """Return how many files there are; see the port."""
        with unavailable_as(AWAY):
            pages = self._client.get_paginator("list_objects_v2").paginate(
                Bucket=self._bucket, Prefix=upload_key(scope, "")
            )
            return {"files": sum(page["KeyCount"] for page in pages)}

    def remove(self, erasure: Erasure) -> bool:
        """Remove up to 1,000 files; see the port."""
        with unavailable_as(AWAY):
            page = self._client.list_objects_v2(Bucket=self._bucket, Prefix=upload_key(erasure.scope, ""))
            for entry in page.get("Contents", []):
                self._client.delete_object(Bucket=self._bucket, Key=entry["Key"])
            return not page["IsTruncated"]
