"""A Space run on this machine, as a Hub would run it: its `app.py` in a process of its own, reached on 127.0.0.1 alone."""

from __future__ import annotations

import importlib.util
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from emojit.dataset.folder import CARD
from emojit.errors import EmojitError, MissingExtraError, UsageError
from emojit.network import hub_endpoint, is_barred
from emojit.release.contents import front_matter

HOST = "127.0.0.1"

_KEPT_BACK = ("EMOJIT_API_KEY", "OPENAI_API_KEY")
"""Secrets that no Space needs."""
_OFFLINE_SWITCHES = ("HF_HUB_OFFLINE", "HF_DATASETS_OFFLINE", "HF_EVALUATE_OFFLINE", "TRANSFORMERS_OFFLINE")
_LOOK_EVERY = 0.1  # s
_PATIENCE = 10.0  # s a Space gets to end by itself


@dataclass(frozen=True, slots=True, kw_only=True)
class RunningSpace:
    """A Space that answers.

    Attributes:
        url: its address.
        process: the process that runs it.
    """

    url: str
    process: subprocess.Popen[bytes]


def run_space(folder: Path, *, port: int, settings: Mapping[str, str], announce: Callable[[str], None]) -> None:
    """Run a Space until Ctrl-C.

    Args:
        folder: what is run.
        port: TCP port; 0 takes a free one.
        settings: what the Space finds in its environment besides, as a Hub's variables and secrets.
        announce: called with the address as soon as the page is there.

    Raises:
        MissingExtraError: the extra `space` is not installed.
        UsageError: the port is taken, or there is nothing to run.
        EmojitError: the Space ended by itself.
    """
    before = signal.signal(signal.SIGTERM, signal.default_int_handler)  # so that the Space ends with us in any case
    try:
        with started(folder, port=port, settings=settings) as space:
            try:
                announce(space.url)
                code = space.process.wait()
            except KeyboardInterrupt:
                return
    finally:
        signal.signal(signal.SIGTERM, before)
    raise EmojitError(f"the Space ended by itself with exit code {code}", hint="what it said stands above")


@contextmanager
def started(folder: Path, *, port: int, settings: Mapping[str, str]) -> Iterator[RunningSpace]:
    """Run a Space for as long as the block lasts; see `run_space`.

    What the Space prints goes to stderr.
    """
    if importlib.util.find_spec("gradio") is None:
        raise MissingExtraError("not installed: gradio", hint="pip install 'emojit[space]'")
    script = folder / _app_file(folder)
    if not script.is_file():
        raise UsageError(f"{folder}: no {script.name}, so there is nothing to run", hint="give the folder of a Space")
    port = _free_port(port)
    process = subprocess.Popen(
        [sys.executable, str(script.relative_to(folder))],
        cwd=folder,
        env=_environment(port, settings),
        stdin=subprocess.DEVNULL,
        stdout=2,  # file descriptor: results alone go to our stdout
        start_new_session=True,  # Ctrl-C reaches this process, which then ends that one in order
    )
    ending = signal.SIGTERM  # Ctrl-C would have it print where in its imports it is
    try:
        _await(process, port)
        ending = signal.SIGINT
        yield RunningSpace(url=f"http://{HOST}:{port}", process=process)
    finally:
        _end(process, ending)


def _app_file(folder: Path) -> str:
    name = front_matter(folder).get("app_file") if (folder / CARD).is_file() else None
    return name if isinstance(name, str) and name else "app.py"


def _environment(port: int, settings: Mapping[str, str]) -> dict[str, str]:
    """Return what the Space finds: this machine alone, no share link, no call home, and the Hub's own host for tokens and models."""
    kept = {name: value for name, value in os.environ.items() if name not in _KEPT_BACK}
    local = ",".join(filter(None, (os.environ.get("no_proxy", os.environ.get("NO_PROXY")), HOST, "localhost")))
    return {
        **kept,
        **settings,
        **(dict.fromkeys(_OFFLINE_SWITCHES, "1") if is_barred(hub_endpoint()) else {}),
        "HF_ENDPOINT": hub_endpoint(),
        "GRADIO_SERVER_NAME": HOST,
        "GRADIO_SERVER_PORT": str(port),
        "GRADIO_SHARE": "False",
        "GRADIO_ANALYTICS_ENABLED": "False",
        "GRADIO_SSR_MODE": "False",
        "GRADIO_RUN_HISTORY": "False",
        "HF_HUB_DISABLE_TELEMETRY": "1",
        "NO_PROXY": local,
        "no_proxy": local,  # gradio asks its own address first, and must not ask a proxy for it
        "PYTHONUNBUFFERED": "1",
        "PYTHONDONTWRITEBYTECODE": "1",  # a folder of the user's stays as it is
    }


def _free_port(port: int) -> int:
    """Return the port, or a free one for 0."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except (OSError, OverflowError) as exc:
            raise UsageError(
                f"port {port} of {HOST} is taken", hint="give another one, or --port 0 for a free one"
            ) from exc
        found: int = probe.getsockname()[1]
        return found


def _await(process: subprocess.Popen[bytes], port: int) -> None:
    """Wait until the page is there, however long its model takes to load."""
    while process.poll() is None:
        with socket.socket() as probe:
            if probe.connect_ex((HOST, port)) == 0:
                return
        time.sleep(_LOOK_EVERY)
    raise EmojitError(
        f"the Space ended with exit code {process.returncode} before its page was there",
        hint="what it said stands above; where a package is missing, pip install -r the Space's requirements.txt",
    )


def _end(process: subprocess.Popen[bytes], ending: signal.Signals) -> None:
    """End the Space and what it started: politely, then by force."""
    if process.poll() is not None:
        return
    os.killpg(process.pid, ending)
    try:
        process.wait(_PATIENCE)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
