"""Print the --env-vars file that makes `sam local` use a running local stack: `sam_local_env.py [DATA_FOLDER]`."""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from devstack.endpoints import Endpoints
from devstack.errors import DevstackError
from devstack.gateway.function_view import read_functions
from devstack.gateway.issuer import ISSUER, JWKS_PATH, PROJECT_ID
from devstack.gateway.template import Template
from devstack.stack_options import DEFAULT_DATA, DEFAULT_TEMPLATE, local_parameters
from devstack.state import DataFolder

NOT_SHARED = ("POWERTOOLS_SERVICE_NAME", "GRAPHWELL_NEO4J_QUERY_TIMEOUT_S", "AWS_LAMBDA_", "AWS_LWA_")
"""What differs by function, and what Lambda sets itself."""
LOOPBACK = "127.0.0.1"


def endpoints(ports: Mapping[str, int]) -> Endpoints:
    """Return the addresses of a stack's servers by the ports of its state file."""
    http = {name: f"http://{LOOPBACK}:{port}" for name, port in ports.items()}
    return Endpoints(
        neo4j_uri=f"bolt://{LOOPBACK}:{ports['neo4j']}",
        neo4j_username="",  # Both are in the local Secrets Manager.
        neo4j_password="",
        valkey_url=f"redis://{LOOPBACK}:{ports['valkey']}/0",
        sqs_url=http["sqs"],
        dynamodb_url=http["dynamodb"],
        s3_url=http["s3"],
        aws_url=http["aws"],
        onnx_model_dir=Path("/opt/model"),
    )


def variables(servers: Endpoints, url: str) -> dict[str, str]:
    """Return the variables that all functions share, with the addresses of the local stack."""
    parameters = {
        **local_parameters(servers, rate_limits=True),
        "Neo4jPassword": "in-secrets-manager",
        "FirebaseProjectId": PROJECT_ID,
        "TokenIssuer": ISSUER,
        "JwksUrl": f"{url}{JWKS_PATH}",
    }
    shared = {
        name: value
        for function in read_functions(Template(DEFAULT_TEMPLATE, parameters))
        for name, value in function.environment.items()
        if not name.startswith(NOT_SHARED)
    }
    queues = {
        name: f"{servers.sqs_url}/{servers.account_id}/{value}"
        for name, value in shared.items()
        if name.endswith(("_QUEUE_URL", "_DLQ_URL"))
    }
    declared = {name: value for name, value in servers.aws_environment().items() if name in shared}
    return shared | queues | declared


def main(arguments: Sequence[str]) -> int:
    """Print the file's content; return the exit code."""
    folder = DataFolder(Path(arguments[0]) if arguments else DEFAULT_DATA)
    state = folder.read_state()
    if state is None or state.url is None or not folder.is_held():
        raise DevstackError(f"No local stack is running on {folder.root}; start one with `graphwell up --detach`.")
    print(json.dumps({"Parameters": variables(endpoints(state.ports), state.url)}, indent=2))  # noqa: T201
    return 0


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1:]))
    except DevstackError as error:
        sys.exit(str(error))
