"""Where a result came from: versions, code, hardware. What it says goes into files that are published, so it names no path and no user."""

from __future__ import annotations

import importlib.metadata
import os
import platform
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import emojit

TRAINING_PACKAGES = (
    "accelerate",
    "datasets",
    "huggingface_hub",
    "numpy",
    "pyarrow",
    "safetensors",
    "sentencepiece",
    "tokenizers",
    "torch",
    "transformers",
)
"""Packages whose version can change what a training run gives."""

BUILD_PACKAGES = ("aiohttp", "datasets", "huggingface_hub", "numpy", "pyarrow", "regex", "rensa")
"""Packages that read the corpus, ask the teacher and write the files of a data set."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Code:
    """The code that ran."""

    version: str
    """Version of emojit."""
    commit: str | None
    """Git commit of the checkout (40 hex digits); None for an installed package."""
    changed: bool | None
    """Whether the checkout had changes that are not committed; None for an installed package."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Hardware:
    """The machine that ran it."""

    system: str
    """Operating system and architecture, such as "Linux x86_64"."""
    cpu: str
    """Model of the processor as the system names it."""
    cores: int
    """Logical cores that this process may use (count)."""
    memory_gib: float | None
    """Main memory (GiB); None where the system does not tell."""
    gpus: tuple[str, ...]
    """Names of the GPUs that torch sees; empty without one, and where torch was not loaded."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Making:
    """With what a result was made: a statement about one run, which another run with the same result may contradict."""

    code: Code
    """The code that ran."""
    hardware: Hardware
    """The machine that ran it."""
    versions: dict[str, str]
    """Versions of Python, emojit and the packages that matter."""


def making(packages: Sequence[str]) -> Making:
    """Return with what this process works: code, machine, and the versions of `packages` that are installed."""
    return Making(code=code(), hardware=hardware(), versions=package_versions(packages))


def package_versions(packages: Sequence[str]) -> dict[str, str]:
    """Return the versions of Python, emojit and those of `packages` that are installed."""
    versions = {"python": platform.python_version(), "emojit": emojit.__version__}
    for package in packages:
        try:
            versions[package] = importlib.metadata.version(package)
        except importlib.metadata.PackageNotFoundError:
            continue
    return versions


def code() -> Code:
    """Return version and commit of the code that runs.

    The commit counts only where the package stands at the top of its own checkout: an installed package may lie inside somebody else's.
    """
    root = _checkout()
    if root is None:
        return Code(version=emojit.__version__, commit=None, changed=None)
    commit = _git(root, "rev-parse", "HEAD")
    status = _git(root, "status", "--porcelain", "--untracked-files=no")
    return Code(version=emojit.__version__, commit=commit, changed=None if status is None else bool(status))


def stands_in_own_checkout(folder: Path) -> bool:
    """Whether a folder lies in the checkout of the code that runs, so that the commit of the code is the folder's, too."""
    root = _checkout()
    return root is not None and folder.resolve().is_relative_to(root)


def file_at_commit(commit: str, path: str) -> bytes | None:
    """Return a file of the code's own checkout as it was at a commit, or None where commit, file or checkout are not there."""
    root = _checkout()
    if root is None or not commit.isalnum():  # never an option of git's
        return None
    try:
        done = subprocess.run(
            ["git", "-C", str(root), "show", f"{commit}:{path}"], capture_output=True, timeout=10, check=True
        )
    except (OSError, subprocess.SubprocessError):
        return None
    return done.stdout


def _checkout() -> Path | None:
    """Return the checkout that the package stands at the top of, or None."""
    root = Path(emojit.__file__).resolve().parents[1]
    top = _git(root, "rev-parse", "--show-toplevel")
    return root if top is not None and Path(top).resolve() == root else None


def hardware() -> Hardware:
    """Return what the machine is. Torch is asked for GPUs only if it is loaded already."""
    return Hardware(
        system=f"{platform.system()} {platform.machine()}",
        cpu=_cpu_name(),
        cores=len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1,
        memory_gib=_memory_gib(),
        gpus=_gpu_names(),
    )


def _git(folder: Path, *arguments: str) -> str | None:
    try:
        done = subprocess.run(
            ["git", "-C", str(folder), *arguments],
            capture_output=True, text=True, encoding="utf-8", timeout=10, check=True,
        )  # fmt: skip
    except (OSError, subprocess.SubprocessError):
        return None
    return done.stdout.strip()


def _cpu_name() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        lines = []
    names = (line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
    return next(names, platform.processor() or platform.machine())


def _memory_gib() -> float | None:
    try:
        return round(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30, 1)
    except (AttributeError, OSError, ValueError):
        return None


def _gpu_names() -> tuple[str, ...]:
    torch = sys.modules.get("torch")
    if torch is None or not torch.cuda.is_available():
        return ()
    return tuple(torch.cuda.get_device_name(index) for index in range(torch.cuda.device_count()))
