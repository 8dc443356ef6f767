"""The house rules that a reader would otherwise have to trust."""

from __future__ import annotations

import json
import re
import subprocess
import sys
import time
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
SOURCES = sorted((ROOT / "emojit").rglob("*.py"))


def test_no_source_file_is_longer_than_400_lines():
    generated = {ROOT / "emojit" / "emoji" / "table.py"}
    long = {
        str(path.relative_to(ROOT)): lines
        for path in SOURCES
        if path not in generated and (lines := len(path.read_text(encoding="utf-8").splitlines())) > 400
    }

    assert long == {}


def test_no_module_is_called_utils_and_every_module_says_why_it_exists():
    assert [path for path in SOURCES if "utils" in path.stem or "helpers" in path.stem] == []
    assert [str(path) for path in SOURCES if not path.read_text(encoding="utf-8").startswith('"""')] == []


def test_importing_emojit_and_the_command_line_loads_no_heavy_package():
    heavy = (
        "torch",
        "transformers",
        "datasets",
        "evaluate",
        "sklearn",
        "matplotlib",
        "pyarrow",
        "openai",
        "numpy",
        "gradio",
    )
    script = (
        "import sys, emojit, emojit.cli.app, json;"
        f"print(json.dumps([name for name in {heavy!r} if name in sys.modules]))"
    )

    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)

    assert json.loads(done.stdout) == []


def test_help_takes_less_than_three_times_the_import_of_typer():
    def seconds(*command: str) -> float:
        start = time.perf_counter()
        subprocess.run([sys.executable, *command], capture_output=True, check=True)
        return time.perf_counter() - start

    # The fastest of several pairs: other load on the machine only ever adds.
    typer = min(seconds("-c", "import typer") for _ in range(7))
    shown = min(seconds("-m", "emojit", "--help") for _ in range(7))

    assert shown < 3 * typer, f"emojit --help takes {shown / typer:.1f} times the import of typer"


def test_the_version_is_the_same_everywhere():
    import emojit

    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["version"]
    citation = re.search(r"^version: (.+)$", (ROOT / "CITATION.cff").read_text(encoding="utf-8"), re.MULTILINE)

    assert emojit.__version__ == project
    assert citation is not None
    assert citation[1] == project


@pytest.mark.parametrize("path", sorted((ROOT / "recipes").glob("*.toml")), ids=lambda path: path.stem)
def test_every_recipe_loads_and_survives_being_written_and_read_again(path):
    from emojit.recipe import BuildRecipe, DomainRecipe, JudgeRecipe, TrainRecipe, dump, load, load_text

    table = tomllib.loads(path.read_text(encoding="utf-8"))
    kind = TrainRecipe if "model" in table or "train" in table else JudgeRecipe if "prompts" in table else BuildRecipe
    kind = DomainRecipe if "objective" in table else kind

    recipe = load(kind, path)

    assert load_text(kind, dump(recipe), where="again") == recipe


def test_the_direction_of_imports_holds():
    done = subprocess.run(
        [str(Path(sys.executable).with_name("lint-imports"))], cwd=ROOT, capture_output=True, text=True, check=False
    )

    assert done.returncode == 0, done.stdout
