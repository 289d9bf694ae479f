"""Lambda authorizer of API Gateway: lets a verified token in; what it may do is decided route by route."""

import os
from typing import Any

from aws_lambda_powertools.utilities.typing import LambdaContext

from graphwell.adapters.jwt_token_verifier import JwtTokenVerifier
from graphwell.domain.errors import Unauthenticated
from graphwell.runtime.gateway_policy import allow_stage, bearer_token
from graphwell.runtime.measures import record_token_refused
from graphwell.runtime.observability import logger, metrics
from graphwell.runtime.trusted_issuers import read_issuers

verifier = JwtTokenVerifier(read_issuers(os.environ))


@logger.inject_lambda_context(clear_state=True)
@metrics.log_metrics
def handler(event: dict[str, Any], _context: LambdaContext) -> dict[str, Any]:
    """Return the policy for a token; API Gateway answers 401 for the one exception it knows by its text."""
    try:
        caller = verifier.verify(bearer_token(event["authorizationToken"]))
    except Unauthenticated as error:
        logger.info("token refused", extra={"reason": error.detail})
        record_token_refused()
        raise Exception("Unauthorized") from None  # noqa: TRY002  # the text is API Gateway's protocol
    return allow_stage(caller, event["methodArn"])
