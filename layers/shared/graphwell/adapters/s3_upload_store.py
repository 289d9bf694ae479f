"""Uploaded files in S3, under a key that names tenant and job."""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from http import HTTPStatus
from typing import TYPE_CHECKING

from graphwell.adapters.aws_errors import unavailable_as
from graphwell.domain.errors import NotFound, UnreadableFile
from graphwell.domain.files import MAX_FILE_SIZE_BYTES, FileFault
from graphwell.domain.tenancy import TenantScope
from graphwell.ports import Clock, UploadTarget

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

AWAY = "The file store does not answer; try again shortly."
"""What callers are told when S3 does not answer."""

PREFIX = "uploads/"
EXPIRES_AFTER = timedelta(minutes=15)
"""How long a presigned address works."""

_KEY = re.compile(rf"{PREFIX}([a-zA-Z0-9_-]{{1,64}})/([0-9a-f]{{32}})\Z")


class S3UploadStore:
    """The `UploadStore` port over one bucket.

    Parameters:
        client: boto3 client of S3 that signs with version 4.
        bucket: name of the bucket.
    """

    def __init__(self, client: S3Client, bucket: str, clock: Clock) -> None:
        self._client = client
        self._bucket = bucket
        self._clock = clock

    def presign(self, scope: TenantScope, job_id: str, *, media_type: str, size_bytes: int) -> UploadTarget:
        """Return where the client puts a file; size and type are signed, so S3 takes no other; see the port."""
        url = self._client.generate_presigned_url(
            "put_object",
            Params={
                "Bucket": self._bucket,
                "Key": upload_key(scope, job_id),
                "ContentType": media_type,
                "ContentLength": size_bytes,
            },
            ExpiresIn=int(EXPIRES_AFTER.total_seconds()),
        )
        headers = {"Content-Type": media_type, "Content-Length": str(size_bytes)}
        return UploadTarget(url, headers, self._clock.now() + EXPIRES_AFTER)

    def fetch(self, scope: TenantScope, job_id: str) -> bytes:
        """Return the file of a job; see the port."""
        with unavailable_as(AWAY):
            try:
                reply = self._client.get_object(Bucket=self._bucket, Key=upload_key(scope, job_id))
            except self._client.exceptions.NoSuchKey as error:
                raise NotFound(f"There is no file of job {job_id!r}.") from error
            if reply["ContentLength"] > MAX_FILE_SIZE_BYTES:
                raise UnreadableFile(
                    FileFault.TOO_LARGE, f"A file has at most {MAX_FILE_SIZE_BYTES // 1024**2} MiB; split it."
                )
            return reply["Body"].read()

    def arrival(self, scope: TenantScope, job_id: str) -> datetime | None:
        """Return when the file of a job arrived, to the second; see the port."""
        from botocore.exceptions import ClientError  # noqa: PLC0415

        with unavailable_as(AWAY):
            try:
                return self._client.head_object(Bucket=self._bucket, Key=upload_key(scope, job_id))["LastModified"]
            except ClientError as error:
                if error.response["ResponseMetadata"]["HTTPStatusCode"] == HTTPStatus.NOT_FOUND:
                    return None
                raise

    def remove(self, scope: TenantScope, job_id: str) -> None:
        """Remove the file of a job; see the port."""
        with unavailable_as(AWAY):
            self._client.delete_object(Bucket=self._bucket, Key=upload_key(scope, job_id))


def upload_key(scope: TenantScope, job_id: str) -> str:
    """Return the key that a job's file is put under."""
    return f"{PREFIX}{scope.tenant_id}/{job_id}"


def parse_upload_key(key: str) -> tuple[TenantScope, str]:
    """Return tenant and job of a key.

    Raises:
        NotFound: no upload has such a key.
    """
    match = _KEY.match(key)
    if match is None:
        raise NotFound("This object is not an upload of graphwell.")
    return TenantScope(match[1]), match[2]
