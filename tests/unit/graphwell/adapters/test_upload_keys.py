"""Keys of uploaded files."""

from __future__ import annotations

import pytest

from graphwell.adapters.s3_upload_store import parse_upload_key, upload_key
from graphwell.domain.errors import NotFound
from graphwell.domain.tenancy import TenantScope

JOB_ID = "0123456789abcdef" * 2


def test_a_key_is_read_back_as_it_was_made() -> None:
    scope = TenantScope("ac-me_1")
    assert parse_upload_key(upload_key(scope, JOB_ID)) == (scope, JOB_ID)


@pytest.mark.parametrize(
    "key",
    [
        "",
        "uploads/",
        f"uploads/{JOB_ID}",
        f"uploads/acme/{JOB_ID}/x",
        f"uploads/acme/{JOB_ID}\n",
        f"uploads/a/b/{JOB_ID}",
        f"uploads/../{JOB_ID}",
        f"uploads//{JOB_ID}",
        f"other/acme/{JOB_ID}",
        "uploads/acme/job-1",
        f"uploads/acme/{JOB_ID.upper()}",
    ],
)
def test_an_object_of_another_key_is_no_upload(key: str) -> None:
    with pytest.raises(NotFound):
        parse_upload_key(key)
