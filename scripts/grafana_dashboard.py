"""Write the CloudWatch dashboard of monitoring.yaml as one of Grafana: `grafana_dashboard.py FILE`.

What CloudFormation substitutes there, such as the name of a function, is a variable of the same name here, which
Grafana fills from what CloudWatch knows of the stack that is chosen.
"""

from __future__ import annotations

import json
import re
import string
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from devstack.gateway.document import load_document

Json = dict[str, Any]

MONITORING = Path(__file__).resolve().parents[1] / "monitoring.yaml"
SOURCE = {"type": "cloudwatch", "uid": "${source}"}
PERIOD_S = "300"
TYPED = {"StackName": "graphwell", "Stage": "prod", "MetricsNamespace": "graphwell", "WebAcl": "graphwell"}
"""Variables that whoever looks types in, with what is in them at first."""


def dashboard(monitoring: Mapping[str, Any]) -> Json:
    """Return the dashboard with the same rows, panels and metrics."""
    body = monitoring["Resources"]["Dashboard"]["Properties"]["DashboardBody"]["Fn::Sub"]
    widgets = json.loads(body.replace("${AWS::Region}", "${Region}"))["widgets"]
    return {
        "title": "graphwell",
        "uid": "graphwell",
        "schemaVersion": 39,
        "refresh": "1m",
        "time": {"from": "now-6h", "to": "now"},
        "templating": {"list": variables(widgets)},
        "panels": [panel(number, widget) for number, widget in enumerate(widgets, start=1)],
    }


def variables(widgets: Sequence[Json]) -> list[Json]:
    """Return what fills the names that panels use."""
    metrics = json.dumps([widget for widget in widgets if widget["type"] == "metric"])
    used = sorted({name for name in re.findall(r"\$\{(\w+)\}", metrics) if name != "Region"} | {"StackName"})
    unknown = [name for name in used if name not in TYPED and not name.endswith(("Function", "Queue"))]
    if unknown:
        raise ValueError(f"Say how Grafana is to fill {', '.join(unknown)}.")
    return [
        {"name": "source", "label": "Data source", "type": "datasource", "query": "cloudwatch"},
        {"name": "Region", "type": "query", "datasource": SOURCE, "query": {"queryType": "regions"}, "refresh": 1},
        *({"name": name, "type": "textbox", "query": TYPED[name]} for name in TYPED if name in used),
        *(resource(name) for name in used if name not in TYPED),
    ]


def resource(name: str) -> Json:
    """Return the variable of a function or queue: what CloudFormation named after the stack and the resource."""
    namespace, metric, dimension = (
        ("AWS/Lambda", "Invocations", "FunctionName")
        if name.endswith("Function")
        else ("AWS/SQS", "ApproximateNumberOfMessagesVisible", "QueueName")
    )
    return {
        "name": name,
        "type": "query",
        "hide": 2,
        "datasource": SOURCE,
        "query": {
            "queryType": "dimensionValues",
            "region": "$Region",
            "namespace": namespace,
            "metricName": metric,
            "dimensionKey": dimension,
        },
        "regex": f"/^${{StackName}}-{name}-/",
        "refresh": 2,
    }


def panel(number: int, widget: Json) -> Json:
    """Return the panel of a widget; both count columns of a 24th, and rows alike."""
    about = widget["properties"]
    place = {"id": number, "gridPos": {side[0]: widget[side] for side in ("x", "y", "width", "height")}}
    if widget["type"] == "text":
        return {**place, "type": "text", "options": {"mode": "markdown", "content": about["markdown"]}}
    if widget["type"] == "alarm":
        where = (
            "https://${Region}.console.aws.amazon.com/cloudwatch/home?region=${Region}#alarmsV2:?search=${StackName}"
        )
        return {**place, "type": "text", "options": {"mode": "markdown", "content": f"[Alarms]({where})"}}
    lines = about.get("annotations", {}).get("horizontal", [])
    steps = [{"value": None, "color": "transparent"}, *({"value": line["value"], "color": "red"} for line in lines)]
    custom = {"thresholdsStyle": {"mode": "line" if lines else "off"}}
    return {
        **place,
        "type": "timeseries",
        "title": about["title"],
        "datasource": SOURCE,
        "fieldConfig": {"defaults": {"custom": custom, "thresholds": {"mode": "absolute", "steps": steps}}},
        "targets": [target(ref, metric) for ref, metric in zip(string.ascii_uppercase, about["metrics"], strict=False)],
    }


def target(ref: str, metric: Sequence[Any]) -> Json:
    """Return the query of one line of a widget: [namespace, name, dimension, value, ..., {stat, label}]."""
    *words, how = metric
    query = {
        "refId": ref,
        "datasource": SOURCE,
        "queryMode": "Metrics",
        "metricQueryType": 0,
        "region": "$Region",
        "period": PERIOD_S,
        "id": how.get("id", ""),
        "label": how["label"],
        "hide": not how.get("visible", True),
    }
    if not words:
        return {**query, "metricEditorMode": 1, "expression": how["expression"]}
    namespace, name, *dimensions = words
    return {
        **query,
        "metricEditorMode": 0,
        "namespace": namespace,
        "metricName": name,
        "dimensions": dict(zip(dimensions[::2], dimensions[1::2], strict=True)),
        "matchExact": True,
        "statistic": how["stat"],
    }


if __name__ == "__main__":
    Path(sys.argv[1]).write_text(json.dumps(dashboard(load_document(MONITORING)), indent=1) + "\n")
