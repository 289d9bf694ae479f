"""What a platform administrator does in other tenants leaves a line behind."""

from __future__ import annotations

from typing import Any

import pytest

from graphwell.domain.identity import Principal, Role
from graphwell.runtime.audit import EVENT
from tests.unit.graphwell.http.gateway import Gateway, caller

ADMIN = caller(Role.PLATFORM_ADMIN)
QUESTION = "a question that no log may hold"


def audit_lines(caplog: pytest.LogCaptureFixture) -> list[dict[str, Any]]:
    records = [record for record in caplog.records if record.getMessage() == EVENT]
    assert all(record.levelname == "WARNING" for record in records)
    return [vars(record)["audit"] for record in records]


def search(gateway: Gateway, as_caller: Principal, tenant: str | None) -> int:
    headers = {"X-Tenant-Id": tenant} if tenant else None
    return gateway.send("POST", "/v1/search", body={"query": QUESTION}, as_caller=as_caller, headers=headers).status


def test_reaching_into_another_tenant_is_written_down_once(gateway: Gateway, caplog: pytest.LogCaptureFixture) -> None:
    assert search(gateway, ADMIN, "other") == 200
    assert audit_lines(caplog) == [
        {"subject": "user-1", "home_tenant": "acme", "tenant": "other", "method": "POST", "route": "/v1/search"}
    ]


def test_the_line_names_the_route_and_no_id(gateway: Gateway, caplog: pytest.LogCaptureFixture) -> None:
    gateway.send("DELETE", "/v1/documents/secret-plan", as_caller=ADMIN, headers={"X-Tenant-Id": "other"})
    (line,) = audit_lines(caplog)
    assert line["route"] == "/v1/documents/{document_id:path}"
    assert "secret-plan" not in str(line)


@pytest.mark.parametrize(
    ("as_caller", "tenant"),
    [
        (ADMIN, None),
        (ADMIN, "acme"),
        (caller(Role.ADMIN, other=Role.READER), "other"),
        (caller(Role.ADMIN), "other"),
    ],
)
def test_nothing_else_is_written_there(
    gateway: Gateway, caplog: pytest.LogCaptureFixture, as_caller: Principal, tenant: str | None
) -> None:
    search(gateway, as_caller, tenant)
    assert audit_lines(caplog) == []


def test_no_line_holds_a_question(gateway: Gateway, caplog: pytest.LogCaptureFixture) -> None:
    search(gateway, ADMIN, "other")
    assert caplog.records
    assert not any(QUESTION in str(vars(record)) for record in caplog.records)
