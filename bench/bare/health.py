"""GET /v1/health: nothing but a reply."""

from __future__ import annotations

from aws_lambda_powertools import Logger, Metrics
from fastapi import FastAPI
from mangum import Mangum

logger = Logger()
metrics = Metrics(namespace="bare")
app = FastAPI(openapi_url=None)
handler = Mangum(app, lifespan="off")


@app.get("/v1/health")
def health() -> dict[str, str]:
    """Tell that it lives."""
    return {"status": "healthy"}
