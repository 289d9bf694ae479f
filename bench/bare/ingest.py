"""GET /v1/documents/{id}: one read of one node."""

from __future__ import annotations

from typing import Any

from aws_lambda_powertools import Logger, Metrics
from fastapi import FastAPI
from mangum import Mangum

from bench.bare.servers import open_neo4j, open_valkey

logger = Logger()
metrics = Metrics(namespace="bare")
app = FastAPI(openapi_url=None)
handler = Mangum(app, lifespan="off")


@app.get("/v1/documents/{document_id}")
def document(document_id: str) -> dict[str, Any]:
    """Return the document."""
    open_valkey().ping()
    with open_neo4j().session() as session:
        found = session.run("MATCH (d:Document {tenant_id: 'cold', id: $id}) RETURN d.id AS id", id=document_id)
        return {"found": found.data()}
