"""What a result says about where it came from."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from pathlib import Path

import emojit
from emojit.provenance import TRAINING_PACKAGES, code, hardware, package_versions


def test_versions_name_python_emojit_and_what_is_installed():
    versions = package_versions([*TRAINING_PACKAGES, "no-such-package"])

    assert versions["emojit"] == emojit.__version__
    assert versions["python"].startswith("3.")
    assert "no-such-package" not in versions


def test_hardware_asks_torch_only_if_it_is_there():
    script = "import sys; from emojit.provenance import hardware; print(hardware()); assert 'torch' not in sys.modules"

    done = subprocess.run(
        [sys.executable, "-c", script],
        cwd=Path(emojit.__file__).parents[1],
        capture_output=True,
        text=True,
        check=True,
    )

    assert "gpus=()" in done.stdout
    assert hardware().cores >= 1


def test_the_commit_is_that_of_the_codes_own_checkout(tmp_path, monkeypatch):
    package = tmp_path / "project" / "emojit"
    package.mkdir(parents=True)
    (package / "__init__.py").write_text("", encoding="utf-8")
    monkeypatch.setattr(emojit, "__file__", str(package / "__init__.py"))
    assert code().commit is None  # no checkout

    git = [shutil.which("git") or "git", "-C", str(package.parent), "-c", "user.name=t", "-c", "user.email=t@t"]
    for arguments in (["init", "-q"], ["add", "."], ["commit", "-qm", "first"]):
        subprocess.run([*git, *arguments], check=True)
    clean = code()
    (package / "__init__.py").write_text("1", encoding="utf-8")
    changed = code()

    assert re.fullmatch("[0-9a-f]{40}", clean.commit or "")
    assert clean.changed is False
    assert changed.changed is True


def test_a_package_installed_inside_somebody_elses_checkout_has_no_commit(tmp_path, monkeypatch):
    package = tmp_path / "site-packages" / "emojit"
    package.mkdir(parents=True)
    (package / "__init__.py").write_text("", encoding="utf-8")
    subprocess.run(["git", "init", "-q", str(tmp_path)], check=True)
    monkeypatch.setattr(emojit, "__file__", str(package / "__init__.py"))

    assert code().commit is None
