"""The API reference as a page: of the routes as they are, and without anything from elsewhere."""

from __future__ import annotations

import json
import re

from devstack.api_page import api_page
from devstack.openapi import openapi_document

PAGE = api_page()
SCRIPTS = re.findall(r"<script>(.*?)</script>", PAGE, re.DOTALL)


def test_it_is_drawn_from_the_whole_document() -> None:
    (document,) = re.findall(r"Redoc\.init\((\{.*\}), \{ disableSearch", SCRIPTS[-1])
    assert json.loads(document) == openapi_document()


def test_it_loads_nothing_and_may_not() -> None:
    markup = PAGE
    for script in SCRIPTS:
        markup = markup.replace(script, "")
    assert len(SCRIPTS) == 2
    assert re.findall(r"\b(?:src|href)=", markup) == []
    assert "default-src 'none'; script-src 'unsafe-inline';" in markup
    assert len(re.findall(r"</?script", PAGE)) == 4
