"""Custom resource: brings the schema up to date at every deployment; also runs by hand."""

from typing import Any

from aws_lambda_powertools.utilities.typing import LambdaContext

from graphwell.runtime.cloudformation import answering_cloudformation
from graphwell.runtime.connection_check import refuse_too_many_connections
from graphwell.runtime.container import Container
from graphwell.runtime.observability import logger

container = Container()


@logger.inject_lambda_context(clear_state=True)
@answering_cloudformation
def handler(event: dict[str, Any], _context: LambdaContext) -> dict[str, str]:
    """Return the embedding model that the index is for; deleting the stack leaves the data alone."""
    if event.get("RequestType") == "Delete":
        return {}
    refuse_too_many_connections(event.get("ResourceProperties", {}))
    for shard in container.shards.values():
        shard.migrate()
    embedding = container.models.embedding_identity
    return {"embedding_model": embedding.model, "dimensions": str(embedding.dimensions)}
