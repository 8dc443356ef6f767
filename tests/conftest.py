"""What holds for every test: nothing leaves the machine, and nothing of the user's own Hub folder is read or written."""

from __future__ import annotations

import atexit
import os
import shutil
import socket
import tempfile
from typing import Any

# The clients read these when they are imported, so they are set before any test module is; child processes inherit them.
_HOME = tempfile.mkdtemp(prefix="emojit-tests-")
atexit.register(shutil.rmtree, _HOME, ignore_errors=True)
os.environ.update(
    {
        "HF_HOME": f"{_HOME}/hf",
        "MPLCONFIGDIR": f"{_HOME}/matplotlib",
        "HF_HUB_DISABLE_TELEMETRY": "1",
        "HF_UPDATE_DOWNLOAD_COUNTS": "0",
        "HF_HUB_DISABLE_PROGRESS_BARS": "1",
        "TOKENIZERS_PARALLELISM": "false",
        "TQDM_DISABLE": "1",
        "OMP_WAIT_POLICY": "PASSIVE",  # two cores, many processes: threads that wait shall not spin
    }
)
for _name in (
    "HF_HUB_CACHE",
    "HF_DATASETS_CACHE",
    "HF_MODULES_CACHE",
    "HF_TOKEN",
    "HF_ENDPOINT",
    "EMOJIT_API_KEY",
    "OPENAI_API_KEY",
    "EMOJIT_OFFLINE",
):
    os.environ.pop(_name, None)

import pytest
from hypothesis import HealthCheck, settings

settings.register_profile("emojit", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("emojit")

_LOOPBACK = {"127.0.0.1", "::1", "localhost", None, ""}


@pytest.fixture(autouse=True)
def _loopback_only(monkeypatch: pytest.MonkeyPatch) -> None:
    """Refuse every connection that would leave the machine."""
    connect = socket.socket.connect

    def guarded(self: socket.socket, address: Any) -> None:
        if self.family in (socket.AF_INET, socket.AF_INET6) and address[0] not in _LOOPBACK:
            raise ConnectionRefusedError(f"a test tried to reach {address[0]}")
        connect(self, address)

    monkeypatch.setattr(socket.socket, "connect", guarded)
