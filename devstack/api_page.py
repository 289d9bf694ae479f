"""Writes the API reference as one page of HTML that loads nothing: `python -m devstack.api_page FILE`.

Redoc (MIT) draws it from docs/openapi.json; fastapi-offline carries its script. Both are put into the page, whose
policy forbids it the network.
"""

from __future__ import annotations

import json
import sys
from importlib.resources import files
from pathlib import Path

from devstack.openapi import openapi_document

_PAGE = """\
<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; script-src 'unsafe-inline'; \
style-src 'unsafe-inline'; img-src data:; worker-src blob:">
<title>graphwell HTTP API</title>
<style>body {{ margin: 0; }}</style>
</head>
<body>
<noscript>This page is drawn by a script; docs/api.md says the same in words.</noscript>
<div id="reference"></div>
<script>{script}</script>
<script>Redoc.init({document}, {{ disableSearch: true }}, document.getElementById("reference"));</script>
</body>
</html>
"""


def api_page() -> str:
    """Return the page."""
    script = files("fastapi_offline").joinpath("static", "redoc.standalone.js").read_text("utf-8")
    document = json.dumps(openapi_document(), ensure_ascii=False, separators=(",", ":"))
    # Neither may end its element; in a script's strings both mean what they did. Nor open one that hides its end.
    return _PAGE.format(script=_shielded(script), document=document.replace("<", r"\u003c"))


def _shielded(script: str) -> str:
    return script.replace("</script", r"<\/script").replace("<script", r"\x3cscript").replace("<!--", r"\x3c!--")


if __name__ == "__main__":
    Path(sys.argv[1]).write_text(api_page(), encoding="utf-8")
