"""`graphwell graph`: a tree, a picture, JSON."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import pytest

from tests.unit.devstack.client.fake_api import FakeApi, problem

Graphwell = Callable[..., Any]
SVG = "{http://www.w3.org/2000/svg}"


def neighbour(name: str, weight: int, **stated: str) -> dict[str, Any]:
    relations = [
        {"name": relation.replace("_", " "), "direction": direction, "weight": 1, "evidence": []}
        for relation, direction in stated.items()
    ]
    return {"id": name, "name": name, "passage_count": 9, "weight": weight, "evidence": [], "relations": relations}


def entity(name: str, *neighbours: Mapping[str, Any], truncated: bool = False) -> dict[str, Any]:
    passage = {
        "document_id": "a", "chunk_id": "a~1~0", "title": "Of\x1b[31m Ada", "quote": "We met [bold]Ada[/bold].",
        "start": 5, "end": 29, "page": None, "about": False,
    }  # fmt: skip
    return {
        "id": name, "name": name, "passage_count": 1_000, "document_count": 1, "neighbours": list(neighbours),
        "passages": [passage], "next_cursor": None, "truncated": truncated,
    }  # fmt: skip


@pytest.fixture
def people(api: FakeApi) -> FakeApi:
    api.entities = {
        "Ada Byron": entity(
            "Ada Byron", neighbour("London", 3, lived_in="out", born_in="out"), neighbour("Bob", 2), neighbour("Eve", 1)
        ),
        "Lord Byron": entity("Lord Byron", neighbour("Ada Byron", 1, father_of="out")),
        "London": entity("London", neighbour("Ada Byron", 3), neighbour("Thames", 7), neighbour("Bob", 1)),
        "Bob": entity(
            "Bob", neighbour("London", 1), neighbour("Thames", 1), *(neighbour(f"x{n}", 1) for n in range(9))
        ),
        "Eve": entity("Eve", neighbour("Ada Byron", 1)),
    }
    return api


@pytest.mark.usefixtures("people")
def test_a_name_is_shown_with_its_neighbours_and_where_it_stands(graphwell: Graphwell) -> None:
    result = graphwell("graph", "ada byron", "--tenant", "acme")
    assert result.exit_code == 0
    assert result.stdout.splitlines() == [
        "Ada Byron  (1,000 passages of 1 document)",
        "├──   3  London [→ lived in; → born in]",
        "├──   2  Bob",
        "└──   1  Eve",
        "",
        "Of\N{REPLACEMENT CHARACTER}[31m Ada",
        "  a, characters 5-29",
        "  We met [bold]Ada[/bold].",
        "",
        "Other names: Lord Byron",
    ]


@pytest.mark.usefixtures("people")
def test_two_steps_show_what_is_around_the_neighbours_each_once(graphwell: Graphwell, people: FakeApi) -> None:
    result = graphwell("graph", "ada byron", "--depth", 2)
    assert result.stdout.splitlines()[:8] == [
        "Ada Byron  (1,000 passages of 1 document)",
        "├──   3  London [→ lived in; → born in]",
        "│   └──   7  Thames",
        "├──   2  Bob",
        "│   ├──   1  x0",
        "│   ├──   1  x1",
        "│   └──   1  x2",
        "└──   1  Eve",
    ]
    people.requests.clear()
    graphwell("graph", "ada byron", "--depth", 2, "--limit", 1)
    assert [request.url.path.rpartition("/")[2] for request in people.requests] == ["entities", "Ada Byron", "London"]


@pytest.mark.usefixtures("people")
def test_json_has_nodes_edges_and_passages(graphwell: Graphwell) -> None:
    found = json.loads(graphwell("graph", "ada byron", "--depth", 2, "--json").stdout)
    assert found["entity"] == {"id": "Ada Byron", "name": "Ada Byron", "passage_count": 1000, "document_count": 1}
    assert [(node["name"], node["depth"]) for node in found["nodes"]][:3] == [
        ("Ada Byron", 0),
        ("London", 1),
        ("Thames", 2),
    ]
    edges = {(edge["source"], edge["target"]): edge for edge in found["edges"]}
    assert len(edges) == len(found["edges"]) == 8
    assert edges["Ada Byron", "London"]["stated"] == ["→ lived in", "→ born in"]
    assert edges["London", "Bob"]["weight"] == 1
    assert ("Bob", "London") not in edges
    assert found["passages"][0]["quote"] == "We met [bold]Ada[/bold]."
    assert [namesake["name"] for namesake in found["namesakes"]] == ["Lord Byron"]
    assert found["truncated"] is False


def texts(picture: Path) -> list[str]:
    return [element.text or "" for element in ET.parse(picture).getroot().iter(f"{SVG}text")]


@pytest.mark.usefixtures("people")
def test_a_picture_shows_every_name_and_weight_and_is_the_same_again(graphwell: Graphwell, tmp_path: Path) -> None:
    pictures = [tmp_path / "one.svg", tmp_path / "two.svg"]
    for picture in pictures:
        result = graphwell("graph", "ada byron", "--depth", 2, "--svg", picture)
        assert result.exit_code == 0
        assert "Drawn into" in result.stderr
    shown = texts(pictures[0])
    assert {"Ada Byron", "London", "Bob", "Eve", "Thames", "x0", "→ lived in · 3", "7"} <= set(shown)
    assert pictures[0].read_bytes() == pictures[1].read_bytes()
    written = pictures[0].read_text(encoding="utf-8")
    assert "href" not in written
    assert "url(" not in written


@pytest.mark.parametrize("name", ["<script>&\"'", "x" * 500, "\x00\x1b\ufffe", "漢字" * 40, "  "])
def test_any_name_can_be_drawn(graphwell: Graphwell, api: FakeApi, tmp_path: Path, name: str) -> None:
    api.entities = {"Ada": entity("Ada", {**neighbour(name, 1, of="in"), "id": "other"})}
    picture = tmp_path / "picture.svg"
    assert graphwell("graph", "ada", "--svg", picture).exit_code == 0
    root = ET.parse(picture).getroot()
    assert not list(root.iter(f"{SVG}script"))
    assert all(len(text) <= 40 for text in texts(picture))


@pytest.mark.parametrize("count", [0, 1, 2, 3, 7, 30, 50])
def test_no_box_lies_over_another_or_beyond_the_sheet(
    graphwell: Graphwell, api: FakeApi, tmp_path: Path, count: int
) -> None:
    names = [f"Neighbour number {number}" * (1 + number % 3) for number in range(count)]
    api.entities = {"Ada": entity("Ada", *(neighbour(name, 1) for name in names))}
    for place, name in enumerate(names):
        api.entities[name] = entity(name, *(neighbour(f"{place}-{number}", 1) for number in range(place % 4)))
    picture = tmp_path / "picture.svg"
    assert graphwell("graph", "ada", "--depth", 2, "--limit", 50, "--svg", picture).exit_code == 0
    root = ET.parse(picture).getroot()
    boxes = [
        [float(rect.attrib[name]) for name in ("x", "y", "width", "height")]
        for group in root.iter(f"{SVG}g")
        for rect in group.iter(f"{SVG}rect")
    ]
    assert len(boxes) == 1 + count + sum(min(place % 4, 3) for place in range(count))
    width, height = float(root.attrib["width"]), float(root.attrib["height"])
    for place, (x, y, w, h) in enumerate(boxes):
        assert x >= 0 and y >= 0 and x + w <= width and y + h <= height  # noqa: PT018
        for other_x, other_y, other_w, other_h in boxes[:place]:
            assert x + w <= other_x or other_x + other_w <= x or y + h <= other_y or other_y + other_h <= y


def test_what_is_left_out_is_told(graphwell: Graphwell, api: FakeApi) -> None:
    api.entities = {"Ada": entity("Ada", truncated=True)}
    assert "There is more around this name" in graphwell("graph", "ada").stdout


def test_a_name_that_nothing_holds_is_told(graphwell: Graphwell) -> None:
    result = graphwell("graph", "Nobody")
    assert result.exit_code == 1
    assert result.stderr.startswith("Error: No name in this tenant's documents shares a word with 'Nobody'")


def test_what_the_api_refuses_is_told(graphwell: Graphwell, api: FakeApi) -> None:
    api.interruptions = [problem(422, "query: At most 200 characters are accepted; this has 201.")]
    result = graphwell("graph", "x" * 201)
    assert result.exit_code == 1
    assert "At most 200 characters" in result.stderr


@pytest.mark.parametrize(
    "wrong", [("x", "--depth", 3), ("x", "--depth", 0), ("x", "--limit", 51), ("x", "--svg", "x.png"), (" ",), ()]
)
def test_wrong_usage_is_told(graphwell: Graphwell, api: FakeApi, wrong: tuple[object, ...]) -> None:
    result = graphwell("graph", *wrong)
    assert result.exit_code == 2
    assert result.stderr
    assert api.requests == []


@pytest.mark.usefixtures("people")
def test_a_picture_that_cannot_be_written_is_told(graphwell: Graphwell, tmp_path: Path) -> None:
    result = graphwell("graph", "ada byron", "--svg", tmp_path / "missing" / "picture.svg")
    assert result.exit_code == 1
    assert "No such file or directory" in result.stderr
