"""The rules of the house that a machine can keep."""

import ast
import re
import subprocess
import sys
import tomllib
from functools import cache
from itertools import takewhile
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
MODULES = sorted((ROOT / "recsys_assets").rglob("*.py")) + sorted((ROOT / "scrapers").rglob("*.py"))
QUERIES = sorted((ROOT / "sql").rglob("*.sql"))
PARAMETER = re.compile(r"\$(\w+)")
# Loading the definitions happens in every process of a run: what weighs seconds waits until a step needs it.
HEAVY = ("torch", "librosa", "sentence_transformers", "implicit", "scrapy", "sklearn", "matplotlib")
ONE_HOME = {
    "dagster": ("defs", "definitions"),
    "deltalake": ("core/lake",),
    "duckdb": ("core/warehouse",),
    "implicit": ("latent", "evaluation"),
    "librosa": ("audio", "evaluation/audio_peer", "evaluation/genre_peer"),
    "sentence_transformers": ("corpus/encoder",),
    "torch": ("audio", "corpus/encoder", "mixes/network"),
}


def named(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


@cache
def imports(path: Path) -> list[tuple[ast.stmt, str]]:
    """Every import of a module, wherever it stands, with the module's first name."""
    found: list[tuple[ast.stmt, str]] = []
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found += [(node, alias.name.split(".")[0]) for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{named(path)}: relative import"
            found.append((node, (node.module or "").split(".")[0]))
    return found


def test_the_import_contracts_hold():
    command = [Path(sys.executable).parent / "lint-imports", "--no-cache"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)

    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("path", MODULES, ids=named)
def test_every_module_opens_by_drawing_its_border(path: Path):
    assert ast.get_docstring(ast.parse(path.read_text(encoding="utf-8")))


def test_no_two_test_modules_have_one_name():
    # Folders of tests are no packages, so pytest tells modules apart by file name alone: the second of two is an error.
    names = [path.name for path in (ROOT / "tests").rglob("test_*.py")]

    assert sorted({name for name in names if names.count(name) > 1}) == []


@pytest.mark.parametrize("library", ONE_HOME)
def test_a_heavy_library_has_one_home(library: str):
    homes = tuple(f"recsys_assets/{home}" for home in ONE_HOME[library])
    users = {named(path) for path in MODULES if library in {name for _, name in imports(path)}}

    assert [user for user in sorted(users) if not user.startswith(homes)] == []


def test_definitions_load_without_heavy_libraries():
    code = f"import sys, recsys_assets.definitions; print(*[m for m in {HEAVY} if m in sys.modules])"
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=False, timeout=120
    )

    assert done.returncode == 0, done.stderr
    assert done.stdout.split() == []


@pytest.mark.parametrize("path", QUERIES, ids=named)
def test_every_query_says_what_it_gives(path: Path):
    text = path.read_text(encoding="utf-8")
    header = "".join(takewhile(lambda line: line.startswith("--"), text.splitlines(keepends=True)))

    assert "-- Grain: one row per" in header
    assert "-- Inputs: " in header
    assert set(PARAMETER.findall(text)) == set(PARAMETER.findall(header))


def test_the_code_location_has_one_name():
    # A job launched from the command line under another name than the daemon serves stays queued for ever.
    dagster = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["dagster"]
    workspace = (ROOT / "workspace.yaml").read_text(encoding="utf-8")

    assert dagster["module_name"] == dagster["code_location_name"] == "recsys_assets.definitions"
    assert workspace.count(dagster["module_name"]) >= 2
