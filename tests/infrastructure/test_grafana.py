"""The Grafana dashboard shows what the CloudWatch one does."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from devstack.gateway.document import load_document
from scripts.grafana_dashboard import dashboard


@pytest.fixture(scope="module")
def grafana(root: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((root / "grafana.json").read_text())
    return found


def test_it_is_up_to_date(root: Path, grafana: dict[str, Any]) -> None:
    assert grafana == dashboard(load_document(root / "monitoring.yaml")), "run `make grafana`"


def test_every_variable_that_a_panel_uses_is_filled(grafana: dict[str, Any]) -> None:
    used = {*re.findall(r"\$\{?(\w+)", json.dumps([grafana["panels"], grafana["templating"]]))}
    assert used == {variable["name"] for variable in grafana["templating"]["list"]}


def test_no_line_of_a_panel_is_left_out(root: Path, grafana: dict[str, Any]) -> None:
    body = load_document(root / "monitoring.yaml")["Resources"]["Dashboard"]["Properties"]["DashboardBody"]["Fn::Sub"]
    lines = [len(widget["properties"].get("metrics", [])) for widget in json.loads(body)["widgets"]]
    assert [len(panel.get("targets", [])) for panel in grafana["panels"]] == lines


def test_every_expression_has_what_it_is_made_of(grafana: dict[str, Any]) -> None:
    for panel in grafana["panels"]:
        ids = {target["id"] for target in panel.get("targets", [])}
        for target in panel.get("targets", []):
            names = set(re.findall(r"\b[a-z_]+\b", target.get("expression", "")))
            assert names <= ids
