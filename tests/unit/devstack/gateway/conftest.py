"""A small template with one of everything, written to a folder of the test."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
import yaml

from devstack.gateway.template import Template

TOY = Path(__file__).with_name("toy_template.yaml")


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture
def toy_folder(tmp_path: Path) -> Path:
    """A source checkout: the toy template with its functions and its layer."""
    (tmp_path / "template.yaml").write_text(TOY.read_text("utf-8"), "utf-8")
    for folder in ("functions/hello", "functions/work", "functions/guard", "layers/shared/toy"):
        (tmp_path / folder).mkdir(parents=True)
    return tmp_path


@pytest.fixture
def load(toy_folder: Path) -> Callable[..., Template]:
    """Load the toy template with parameters."""

    def load_toy(**parameters: str) -> Template:
        return Template(toy_folder / "template.yaml", parameters)

    return load_toy


@pytest.fixture
def load_text(toy_folder: Path) -> Callable[..., Template]:
    """Load a template given as text."""

    def load_given(text: str, **parameters: str) -> Template:
        path = toy_folder / "given.yaml"
        path.write_text(text, "utf-8")
        return Template(path, parameters)

    return load_given


@pytest.fixture
def load_changed(toy_folder: Path, load_text: Callable[..., Template]) -> Callable[..., Template]:
    """Load the toy template with some properties of one resource replaced."""

    def load_with(logical_id: str, **properties: object) -> Template:
        (toy_folder / "given.yaml").unlink(missing_ok=True)
        text = yaml.safe_dump({"Resources": {logical_id: {"Type": _TYPES[logical_id], "Properties": properties}}})
        return load_text(text)

    return load_with


_TYPES = {
    "Api": "AWS::Serverless::Api",
    "WorkFunction": "AWS::Serverless::Function",
    "Bucket": "AWS::S3::Bucket",
    "Queue": "AWS::SQS::Queue",
    "Table": "AWS::DynamoDB::Table",
}
