"""The process environment of a function: what Lambda sets, the template's variables, and the local addresses."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Mapping

from devstack.gateway.function_view import FunctionSpec
from devstack.gateway.references import Account

_INHERITED = ("PATH", "TMPDIR", "HTTP_PROXY", "HTTPS_PROXY", "SSL_CERT_FILE", "SSL_CERT_DIR", "REQUESTS_CA_BUNDLE")
"""What a function needs of the machine: its programs, and its way to the model's address."""


def function_variables(
    function: FunctionSpec, runtime_api: str, *, account: Account, local: Mapping[str, str]
) -> dict[str, str]:
    """Return the whole environment of a function's process.

    Parameters:
        function: the function.
        runtime_api: host:port of its Runtime API.
        account: region of the pretended deployment.
        local: addresses of the local servers, which win over the template's values.
    """
    inherited = {name: os.environ[name] for name in _INHERITED if name in os.environ}
    return {
        **inherited,
        "NO_PROXY": ",".join(filter(None, [os.environ.get("NO_PROXY"), "127.0.0.1", "localhost"])),
        "HOME": tempfile.gettempdir(),
        "LANG": "en_US.UTF-8",
        "TZ": ":UTC",
        "PYTHONPATH": os.pathsep.join(map(str, function.python_path)),
        "AWS_EXECUTION_ENV": "AWS_Lambda_python3.13",
        "AWS_REGION": account.region,
        "AWS_DEFAULT_REGION": account.region,
        **function.environment,
        **local,
        "AWS_SAM_LOCAL": "true",  # Powertools and the X-Ray SDK send no traces then: there is no daemon to take them
        "AWS_LAMBDA_RUNTIME_API": runtime_api,
        "AWS_LAMBDA_FUNCTION_NAME": function.name,
        "AWS_LAMBDA_FUNCTION_VERSION": "$LATEST",
        "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": str(function.memory_mb),
        "AWS_LAMBDA_INITIALIZATION_TYPE": "on-demand",
        "AWS_LAMBDA_LOG_GROUP_NAME": f"/aws/lambda/{function.name}",
        "AWS_LAMBDA_LOG_STREAM_NAME": "local",
        "LAMBDA_TASK_ROOT": str(function.folder),
        "LAMBDA_RUNTIME_DIR": str(function.folder),
        "_HANDLER": function.handler,
    }
