#!/bin/sh
# Lambda Web Adapter runs this in place of the Python runtime, which would have found the layers by itself. Only the adapter
# reaches the port. What it says of a request, claims of the token included, takes more room than h11 gives headers.
export PYTHONPATH="${PYTHONPATH:+$PYTHONPATH:}/opt/python"
exec python -m uvicorn app:app --app-dir "$LAMBDA_TASK_ROOT" --host 127.0.0.1 --port "$AWS_LWA_PORT" \
    --http h11 --ws none --lifespan off --h11-max-incomplete-event-size 65536 \
    --no-access-log --no-server-header --log-level warning
