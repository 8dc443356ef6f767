"""What holds for every test: nothing leaves the machine, nothing of the user's own Hub folder is read or written, and a real browser is at hand."""

from __future__ import annotations

import atexit
import collections
import gc
import importlib.util
import logging
import os
import shutil
import signal
import socket
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import certifi

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

# The clients read these when they are imported, so they are set before any test module is; child processes inherit them.
_HOME = tempfile.mkdtemp(prefix="emojit-tests-")
atexit.register(shutil.rmtree, _HOME, ignore_errors=True)
# Nothing here speaks TLS, but every HTTP client reads the certificates that it would trust, and a hundred of them take 20 ms: one is enough.
_CERTIFICATE = Path(_HOME, "certificate.pem")
_bundle = Path(certifi.where()).read_text(encoding="utf-8")
_first, _end, _ = _bundle[_bundle.index("-----BEGIN") :].partition("-----END CERTIFICATE-----\n")
_CERTIFICATE.write_text(_first + _end, encoding="utf-8")
os.environ.update(
    {
        "SSL_CERT_FILE": str(_CERTIFICATE),
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

if (
    signal.getsignal(signal.SIGINT) == signal.SIG_IGN
):  # a shell that puts its command into the background; child processes would inherit it
    signal.signal(signal.SIGINT, signal.default_int_handler)

import pytest
from hypothesis import HealthCheck, settings

settings.register_profile("emojit", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("emojit")

_LOOPBACK = {"127.0.0.1", "::1", "localhost", None, ""}


@pytest.fixture(autouse=True)
def _logging_as_before() -> Iterator[None]:
    """Take back what a command of the test said about logging: `caplog` hears only records that reach the root."""
    logger = logging.getLogger("emojit")
    handlers, level, propagate = logger.handlers[:], logger.level, logger.propagate
    yield
    logger.handlers[:], logger.propagate = handlers, propagate
    logger.setLevel(level)


@pytest.fixture(autouse=True)
def _loopback_only(monkeypatch: pytest.MonkeyPatch) -> None:
    """Refuse every connection that would leave the machine."""
    connect = socket.socket.connect

    def guarded(self: socket.socket, address: Any) -> None:
        if self.family in (socket.AF_INET, socket.AF_INET6) and address[0] not in _LOOPBACK:
            raise ConnectionRefusedError(f"a test tried to reach {address[0]}")
        connect(self, address)

    monkeypatch.setattr(socket.socket, "connect", guarded)


@pytest.fixture(scope="session")
def until_saved() -> Callable[..., None]:
    """Return a function that waits for a whole checkpoint: its files come one after another, and a run killed between two of them goes on from an earlier one."""
    from emojit.student.run_folder import last_checkpoint

    def wait(checkpoints: Path, step: int, alive: Callable[[], bool], processes: int = 1) -> None:
        deadline = time.monotonic() + 240
        while alive():
            newest = last_checkpoint(checkpoints, processes)
            if newest is not None and int(newest.name.removeprefix("checkpoint-")) >= step:
                return
            assert time.monotonic() < deadline, f"no whole checkpoint of step {step} in {checkpoints}"
            time.sleep(0.002)
        raise AssertionError(f"the training ended before step {step}")

    return wait


@pytest.fixture(scope="session")
def warm(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    """The real command line without the seconds of its imports: what each call forks from; see `tests/warm.py`."""
    path = Path(__file__).with_name("warm.py")
    spec = importlib.util.spec_from_file_location("warm", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    server = module.Warm(str(tmp_path_factory.mktemp("warm") / "socket"), root=path.parents[1])
    yield server
    server.close()


_NO_BROWSER = "no Chromium (make browser)"


def _chromium() -> str | None:
    names = (
        os.environ.get("EMOJIT_CHROMIUM"),
        "chromium",
        "chromium-browser",
        "google-chrome",
        "google-chrome-stable",
    )
    return next((path for name in names if name and (path := shutil.which(name))), None)


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    """A real headless Chromium that reaches this machine alone; the test is left out where there is none.

    It ends with the file of tests: Playwright keeps an event loop running in this thread, and `asyncio.run` of the next file would refuse to start.
    """
    path = _chromium()
    if path is None:
        pytest.skip(_NO_BROWSER)
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=path,
            args=[
                "--no-sandbox",  # CI runs as root
                "--disable-gpu",
                "--disable-quic",
                "--no-first-run",
                "--disable-background-networking",
                "--disable-component-update",
                "--disable-sync",
                "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
            ],
        )
        yield browser
        browser.close()


@pytest.fixture
def page(chromium: Browser) -> Iterator[Page]:
    """A page of a fresh profile, 390 pixels wide. The test fails when a script on it fails or anything but this machine is asked."""
    context = chromium.new_context(viewport={"width": 390, "height": 844}, locale="ja-JP")
    page = context.new_page()
    page.set_default_timeout(20_000)
    failures: list[str] = []
    page.on("pageerror", lambda error: failures.append(f"script: {error}"))
    page.on("request", lambda request: failures.append(f"foreign: {request.url}") if _foreign(request.url) else None)
    yield page
    context.close()
    assert not failures


def _foreign(url: str) -> bool:
    return not url.startswith(("http://127.0.0.1:", "http://localhost:", "data:", "blob:", "about:"))


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Put the long files first, those with a time limit of their own before those with many slow tests: the last to begin shall be a short one.

    With `--dist loadfile` a file is one worker's, and a long one that begins last leaves the other cores idle. xdist keeps this order only with
    `--no-loadscope-reorder`; its own puts files with few tests last, and the longest have one.
    """
    slow: collections.Counter[Path] = collections.Counter()
    limits: collections.Counter[Path] = collections.Counter()
    for item in items:
        slow[item.path] += item.get_closest_marker("slow") is not None
        if (limit := item.get_closest_marker("timeout")) is not None:
            limits[item.path] = max(limits[item.path], limit.args[0])
    items.sort(key=lambda item: (-limits[item.path], -slow[item.path]))


def pytest_collection_finish() -> None:
    """Keep the objects of all imported modules out of later garbage collections: accelerate asks for a full one before every training.

    No test has begun, so that nothing a test forgets to close is hidden.
    """
    gc.collect()
    gc.freeze()


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say aloud how many browser tests did not run."""
    skipped = [report for report in terminalreporter.stats.get("skipped", ()) if _NO_BROWSER in str(report.longrepr)]
    if skipped:
        terminalreporter.section("browser")
        terminalreporter.line(f"{len(skipped)} browser tests did not run: {_NO_BROWSER}")
