"""POST /v1/search: the statement of a search by words."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

from aws_lambda_powertools import Logger, Metrics
from fastapi import FastAPI
from mangum import Mangum
from neo4j import Query

from bench.bare.servers import open_neo4j, open_valkey

logger = Logger()
metrics = Metrics(namespace="bare")
app = FastAPI(openapi_url=None)
handler = Mangum(app, lifespan="off")


@app.post("/v1/search")
def search(_body: dict[str, Any]) -> dict[str, Any]:
    """Return what the statement finds."""
    asked = json.loads(Path(os.environ["BARE_STATEMENT"]).read_text())
    open_valkey().ping()
    with open_neo4j().session() as session:
        return {"found": len(session.run(Query(asked["statement"]), asked["parameters"]).data())}
