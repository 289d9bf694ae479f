"""Pinned requirements, and the check of what `sam build` made."""

import re
from collections.abc import Callable
from pathlib import Path
from types import ModuleType

import pytest

PINNED = [
    "requirements/dev.txt",
    "requirements/sam.txt",
    "layers/shared/requirements.txt",
    "layers/extraction/requirements.txt",
    "layers/embedding/requirements.txt",
]


@pytest.fixture(scope="module")
def check_build(load_script: Callable[[str], ModuleType]) -> ModuleType:
    return load_script("check_build")


@pytest.fixture(scope="module")
def finish_layers(load_script: Callable[[str], ModuleType]) -> ModuleType:
    return load_script("finish_layers")


@pytest.fixture
def build(tmp_path: Path) -> Path:
    compiled = "SharedLayer/python/graphwell/__pycache__/__init__.cpython-313.pyc"
    for file in (compiled, "SharedLayer/python/graphwell/__init__.py", "QueryFunction/app.py"):
        (tmp_path / file).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / file).write_text("")
    return tmp_path


def grow(path: Path, size_bytes: int) -> None:
    """Make a sparse file of a size."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("wb") as file:
        file.truncate(size_bytes)


@pytest.mark.parametrize("name", PINNED)
def test_requirements_are_pinned_and_hashed(root: Path, name: str) -> None:
    lines = (root / name).read_text().replace("\\\n", "").splitlines()
    requirements = [line for line in lines if not line.lstrip().startswith("#")]
    assert requirements
    for requirement in requirements:
        assert re.match(r"[A-Za-z0-9._-]+==\S+", requirement)
        assert "--hash=sha256:" in requirement


@pytest.mark.parametrize("name", PINNED)
def test_requirements_name_no_registry_and_no_machine(root: Path, name: str) -> None:
    text = (root / name).read_text()
    assert "://" not in text
    assert not re.search(r"(?<!\w)/(?:work|home|root|tmp|Users)/", text)


def test_a_build_as_it_should_be_passes(check_build: ModuleType, build: Path) -> None:
    assert check_build.main([str(build)]) == 0


def test_a_layer_without_bytecode_fails(
    check_build: ModuleType, build: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (build / "SharedLayer" / "python" / "graphwell" / "new.py").write_text("")
    assert check_build.main([str(build)]) == 1
    assert "without bytecode" in capsys.readouterr().err


def test_a_finished_layer_is_compiled_for_where_it_will_lie(
    check_build: ModuleType, finish_layers: ModuleType, build: Path
) -> None:
    module = build / "SharedLayer" / "python" / "graphwell" / "new.py"
    module.write_text("def place():\n    return place.__code__.co_filename\n")
    assert finish_layers.main([str(build)]) == 0
    assert check_build.uncompiled(build) == []
    (bytecode,) = module.parent.glob("__pycache__/new.*.pyc")
    assert b"/opt/python/graphwell/new.py" in bytecode.read_bytes()
    assert bytecode.read_bytes()[4:8] == b"\x01\0\0\0"  # PEP 552: hash-based, unchecked


def test_a_module_that_cannot_be_compiled_fails(
    finish_layers: ModuleType, build: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (build / "SharedLayer" / "python" / "graphwell" / "broken.py").write_text("def")
    assert finish_layers.main([str(build)]) == 1
    assert "cannot compile" in capsys.readouterr().err


def test_a_finished_layer_describes_the_services_that_functions_call_and_no_others(
    root: Path, finish_layers: ModuleType, build: Path
) -> None:
    data = build / "SharedLayer" / "python" / "botocore" / "data"
    for service in ("sqs", "ec2"):
        (data / service).mkdir(parents=True)
    (data / "endpoints.json").write_text("{}")
    finish_layers.main([str(build)])
    assert {path.name for path in data.iterdir()} == {"sqs", "endpoints.json"}
    sources = "".join(path.read_text() for path in (root / "layers" / "shared" / "graphwell").rglob("*.py"))
    called = set(re.findall(r"boto3\.client\(\s*\"([\w-]+)\"", sources))
    assert called <= finish_layers.SERVICES
    assert called | {"secretsmanager", "sts"} == finish_layers.SERVICES


def test_a_layer_above_its_limit_fails(
    check_build: ModuleType, build: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    grow(build / "SharedLayer" / "large", 120_000_001)
    assert check_build.main([str(build)]) == 1
    assert "its limit is 120.0 MB" in capsys.readouterr().err


def test_layers_above_lambdas_limit_fail(
    check_build: ModuleType, build: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    grow(build / "SharedLayer" / "large", 110_000_000)
    grow(build / "EmbeddingLayer" / "large", 140_000_000)
    assert check_build.main([str(build)]) == 0
    grow(build / "ExtractionLayer" / "large", 12_000_000)
    assert check_build.main([str(build)]) == 1
    assert "The layers in" in capsys.readouterr().err


def test_a_function_with_more_than_its_handler_fails(
    check_build: ModuleType, build: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (build / "QueryFunction" / "notes.txt").write_text("")
    assert check_build.main([str(build)]) == 1
    assert "not app.py alone" in capsys.readouterr().err


def test_an_empty_build_fails(check_build: ModuleType, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert check_build.main([str(tmp_path)]) == 1
    assert "run `make build`" in capsys.readouterr().err
