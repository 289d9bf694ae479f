"""Short forms are known by the text that explains them."""

from __future__ import annotations

import pytest

from graphwell.domain.graph.aliases import aliases_of


@pytest.mark.parametrize(
    ("text", "aliases"),
    [
        (
            "It is published by the American Psychological Association (APA).",
            {"apa": "american psychological association"},
        ),
        ("MRI (magnetic resonance imaging) was used", {"mri": "magnetic resonance imaging"}),
        ("the European Union (EU; formerly EEC)", {"eu": "european union"}),
        ("Organisation for Economic Co-operation (OEC)", {"oec": "organisation for economic co operation"}),
        ("mammalian target of rapamycin (mTOR)", {"mtor": "mammalian target of rapamycin"}),
        ("Decade (Neil Young album)", {}),
        ("the town of Salem (MA)", {}),
        ("a river (Po) in Italy", {}),
        ("", {}),
    ],
)
def test_aliases(text: str, aliases: dict[str, str]) -> None:
    assert aliases_of(text) == aliases


def test_the_first_explanation_counts() -> None:
    text = "Economic Partnership Agreement (EPA) and Environmental Protection Agency (EPA)"

    assert aliases_of(text) == {"epa": "economic partnership agreement"}
