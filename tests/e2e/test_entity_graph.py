"""The entity graph of documents that were taken in: over HTTP, and as the command draws it."""

from __future__ import annotations

import json
from pathlib import Path
from xml.etree import ElementTree as ET

import httpx
import pytest

from tests.e2e.stack import ClientFactory, Stack, ingest

TENANT = "e2e-graph"
DOCUMENTS = {
    "novair": ("Novair International Airways", "Novair International Airways was bought by the Rank Organisation."),
    "rank": (
        "The Rank Organisation",
        "It rains. In 1995 the Rank Group bought what was left of the Rank Organisation.",
    ),
}


@pytest.fixture(scope="module")
def reader(client_of: ClientFactory) -> httpx.Client:
    documents = [{"id": name, "title": title, "text": text} for name, (title, text) in DOCUMENTS.items()]
    assert ingest(client_of(TENANT, "editor"), *documents)["status"] == "succeeded"
    return client_of(TENANT, "reader")


def test_a_name_leads_to_its_neighbours_and_to_the_words_that_say_so(reader: httpx.Client) -> None:
    names = reader.get("/v1/graph/entities", params={"query": "rank organisation"}).raise_for_status().json()
    best = names["entities"][0]
    assert (best["name"], best["passage_count"], best["document_count"]) == ("The Rank Organisation", 2, 2)
    entity = reader.get(f"/v1/graph/entities/{best['id']}").raise_for_status().json()
    assert {"Novair International Airways", "Rank Group"} <= {each["name"] for each in entity["neighbours"]}
    assert [passage["document_id"] for passage in entity["passages"]] == ["rank", "novair"]
    for passage in entity["passages"]:
        text = DOCUMENTS[passage["document_id"]][1]
        assert text[passage["start"] : passage["end"]] == passage["quote"]
        assert "Rank Organisation" in passage["quote"]


def test_pages_go_on_and_other_cursors_are_refused(reader: httpx.Client) -> None:
    first = reader.get("/v1/graph/entities", params={"limit": 1}).raise_for_status().json()
    second = reader.get("/v1/graph/entities", params={"limit": 1, "cursor": first["next_cursor"]}).json()
    assert first["entities"] != second["entities"]
    refused = reader.get(f"/v1/graph/entities/{first['entities'][0]['id']}", params={"cursor": first["next_cursor"]})
    assert refused.status_code == 422
    assert "no cursor of this listing" in refused.json()["detail"]


def test_an_id_of_another_tenant_or_of_nothing_is_unknown(reader: httpx.Client, client_of: ClientFactory) -> None:
    own = reader.get("/v1/graph/entities", params={"query": "novair"}).json()["entities"][0]["id"]
    stranger = client_of("e2e-graph-stranger", "reader")
    for identifier in (own, "0" * 24, "x"):
        reply = stranger.get(f"/v1/graph/entities/{identifier}")
        assert reply.status_code == 404
        assert reply.json()["detail"] == f"There is no entity '{identifier}' in this tenant."
    assert stranger.get("/v1/graph/entities").json() == {"entities": [], "next_cursor": None, "truncated": False}


@pytest.mark.usefixtures("reader")
def test_the_command_draws_the_same(stack: Stack, tmp_path: Path) -> None:
    picture = tmp_path / "rank.svg"
    shown = stack.command("graph", "rank organisation", "--tenant", TENANT, "--depth", "2", "--svg", str(picture))
    assert shown.returncode == 0, shown.stderr
    assert shown.stdout.startswith("The Rank Organisation  (2 passages of 2 documents)\n")
    assert "Novair International Airways" in shown.stdout
    drawn = {element.text for element in ET.parse(picture).getroot().iter("{http://www.w3.org/2000/svg}text")}
    assert {"The Rank Organisation", "Novair International Airways", "Rank Group"} <= drawn

    as_json = json.loads(stack.command("graph", "rank organisation", "--tenant", TENANT, "--json").stdout)
    assert as_json["entity"]["name"] == "The Rank Organisation"
    nobody = stack.command("graph", "Nobody", "--tenant", TENANT)
    assert nobody.returncode == 1
    assert "shares a word with 'Nobody'" in nobody.stderr
