"""Time the embedded Hub with the unmodified clients, as ratios to copying the same bytes on the same disk with sha256.

    python benchmarks/hub_speed.py [--size MIB] [--rounds N] [--files N] [--clients N] [--folder DIR]

Each round pushes and pulls one file by plain LFS (HF_HUB_DISABLE_XET=1) and with hf_xet, each time between two copies on the same disk (read, sha256,
write, fsync). The targets hold for both ways. A push is `HfApi.upload_file` into a new repository, with the
hashing that the client does before it; a pull is `hf_hub_download` into an empty cache. Imports and the creation of the repository are not timed, the
server runs in a process of its own. The bytes are random: nothing can be compressed or left out. Then 2,000 small files are pushed by `upload_folder`,
and 64 clients read at once: HEAD, whole files, the tree, small and large ranges, every byte compared. Prints each figure with its target and exits
with 1 when a median misses it. Needs about five times the size on the disk, and removes it.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import random
import shutil
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

PUSH_RATIO, PULL_RATIO = 4.0, 3.0
"""The most that pushing and pulling may take, as a multiple of the copy."""
SMALL_FILES_S = 3.0
"""The most that pushing the small files may take (seconds), for 2,000 of them."""
READING_S = 5.0
"""How long the clients read (seconds)."""

_BLOCK_BYTES = 1024 * 1024
_PROCESSES = 4
"""The reading clients are threads of this many processes: one process could not ask fast enough."""
_LARGE_BYTES = 8 * 1024 * 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class Server:
    """Where the Hub answers."""

    endpoint: str
    token: str
    pid: int


@dataclass(slots=True)
class Figures:
    """What was measured, and what missed its target."""

    missed: list[str] = field(default_factory=list)

    def line(self, what: str, values: Sequence[float], target: float, unit: str, remark: str = "") -> None:
        """Print the median with the least and the most beside its target."""
        median = statistics.median(values)
        if median > target:
            self.missed.append(what)
        numbers = f"{median:9.2f}{min(values):9.2f}{max(values):9.2f}{target:9.1f}"
        print(f"{what:34}{numbers}  {unit:8}{'MISSED  ' if median > target else ''}{remark}", flush=True)


# The clients, each in a process of its own: they read their environment when they are imported.


def push_file(api: Any, repo: str, path: str) -> float:
    """Push one file and return the seconds it took."""
    api.create_repo(repo)
    start = time.perf_counter()
    api.upload_file(repo_id=repo, path_or_fileobj=path, path_in_repo="big.bin")
    return time.perf_counter() - start


def push_folder(api: Any, repo: str, path: str) -> float:
    """Push a folder and return the seconds it took."""
    api.create_repo(repo)
    start = time.perf_counter()
    api.upload_folder(repo_id=repo, folder_path=path)
    return time.perf_counter() - start


def pull_file(api: Any, repo: str, path: str) -> float:
    """Pull the file into the empty cache `path` and return the seconds it took."""
    start = time.perf_counter()
    api.hf_hub_download(repo, "big.bin", cache_dir=path)
    return time.perf_counter() - start


def read_for_a_while(api: Any, repo: str, path: str) -> dict[str, object]:
    """Read with several threads until the time is over, and compare every byte with the files in the folder `path`.

    Returns:
        "latencies" (seconds), "bytes" and "errors" (texts).
    """
    threads, seed, seconds = (
        json.loads(os.environ["HUB_SPEED_READING"])[key] for key in ("threads", "seed", "seconds")
    )
    files = {str(file.relative_to(path)): file.read_bytes() for file in Path(path).rglob("*") if file.is_file()}
    readers = [Reader(api, repo, files, random.Random(f"{seed} {number}")) for number in range(threads)]
    deadline = time.monotonic() + seconds
    workers = [threading.Thread(target=reader.read_until, args=(deadline,)) for reader in readers]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    return {
        "latencies": [latency for reader in readers for latency in reader.latencies],
        "bytes": sum(reader.byte_count for reader in readers),
        "errors": [error for reader in readers for error in reader.errors],
    }


class Reader:
    """One client that reads whatever it likes."""

    def __init__(self, api: Any, repo: str, files: dict[str, bytes], rng: random.Random) -> None:
        import httpx2

        self._api, self._repo, self._files, self._rng = api, repo, files, rng
        self._names = sorted(files)
        self._session = httpx2.Client(
            headers={"Authorization": f"Bearer {api.token}"}, timeout=60, follow_redirects=True
        )
        self.latencies: list[float] = []
        self.byte_count = 0
        self.errors: list[str] = []

    def read_until(self, deadline: float) -> None:
        """Read until `deadline` (`time.monotonic` seconds); what goes wrong is noted."""
        import httpx2
        from huggingface_hub.errors import HfHubHTTPError

        works: Sequence[Callable[[], str | None]] = (self._head, self._whole, self._tree, self._small, self._large)
        while time.monotonic() < deadline:
            work = self._rng.choices(works, weights=[4, 4, 1, 4, 1])[0]
            start = time.perf_counter()
            try:
                error = work()
            except (httpx2.HTTPError, HfHubHTTPError) as exc:
                error = f"{type(exc).__name__}: {exc}"
            self.latencies.append(time.perf_counter() - start)
            if error:
                self.errors.append(f"{work.__name__}: {error}")

    def _url(self, name: str) -> str:
        return f"{self._api.endpoint}/{self._repo}/resolve/main/{name}"

    def _some(self, *, large: bool = False) -> str:
        return "big.bin" if large else self._rng.choice(self._names)

    def _head(self) -> str | None:
        name = self._some()
        answer = self._session.head(self._url(name), headers={"Accept-Encoding": "identity"})
        good = answer.status_code == 200 and int(answer.headers["Content-Length"]) == len(self._files[name])
        return None if good and answer.headers["X-Repo-Commit"] else f"{name}: {answer.status_code}"

    def _whole(self) -> str | None:
        name = self._rng.choice([name for name in self._names if name != "big.bin"])
        answer = self._session.get(self._url(name))
        self.byte_count += len(answer.content)
        return (
            None
            if answer.status_code == 200 and answer.content == self._files[name]
            else f"{name}: {answer.status_code}"
        )

    def _tree(self) -> str | None:
        names = sorted(self._api.list_repo_files(self._repo))
        return None if set(names) >= set(self._names) else "the tree lacks files"

    def _range(self, name: str, count: int) -> str | None:
        content = self._files[name]
        first = self._rng.randrange(len(content))
        expected = content[first : first + count]
        answer = self._session.get(self._url(name), headers={"Range": f"bytes={first}-{first + count - 1}"})
        self.byte_count += len(answer.content)
        good = answer.status_code == 206 and answer.content == expected
        return None if good else f"{name} from {first}: {answer.status_code}, {len(answer.content)} bytes"

    def _small(self) -> str | None:
        return self._range(self._some(), self._rng.randrange(1, 4096))

    def _large(self) -> str | None:
        return self._range(self._some(large=True), 1024 * 1024)


WORKS: dict[str, Callable[[Any, str, str], object]] = {
    work.__name__: work for work in (push_file, push_folder, pull_file, read_for_a_while)
}


# The parent


def start_client(
    server: Server, work: str, repo: str, path: Path, home: Path, *, xet: bool = False, **environment: str
) -> subprocess.Popen[str]:
    """Start one of `WORKS` in a fresh process with an empty HF_HOME."""
    variables = {
        **os.environ,
        "HF_ENDPOINT": server.endpoint,
        "HF_TOKEN": server.token,
        "HF_HOME": str(home),
        "HF_HUB_DISABLE_PROGRESS_BARS": "1",
        "HF_HUB_DISABLE_TELEMETRY": "1",
        "HF_HUB_DISABLE_XET": "0" if xet else "1",
        **environment,
    }
    command = [sys.executable, __file__, "--client", work, repo, str(path)]
    return subprocess.Popen(command, env=variables, stdout=subprocess.PIPE, text=True)


def result(client: subprocess.Popen[str]) -> Any:
    """What the client has to say at its end."""
    out, _ = client.communicate()
    if client.returncode:
        raise SystemExit(f"the client failed with exit code {client.returncode}")
    return json.loads(out)


@contextmanager
def serving(root: Path) -> Iterator[Server]:
    """Run `emojit hub serve` in a process of its own."""
    command = [sys.executable, "-m", "emojit", "hub", "serve", "--root", str(root), "--port", "0", "--json"]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout is not None
        said = json.loads(process.stdout.readline())
        yield Server(endpoint=said["endpoint"], token=said["token"], pid=process.pid)
    finally:
        process.terminate()
        process.communicate()


def write_random(path: Path, mib: int) -> None:
    """Write random bytes that are on the disk when this returns."""
    with path.open("wb") as file:
        for _ in range(mib):
            file.write(os.urandom(_BLOCK_BYTES))
        file.flush()
        os.fsync(file.fileno())


def copy_seconds(source: Path, target: Path) -> float:
    """How long it takes to copy a file with sha256 on the way and have it on the disk."""
    start = time.perf_counter()
    digest = hashlib.sha256()
    with source.open("rb") as reading, target.open("wb") as writing:
        while block := reading.read(_BLOCK_BYTES):
            digest.update(block)
            writing.write(block)
        writing.flush()
        os.fsync(writing.fileno())
    seconds = time.perf_counter() - start
    target.unlink()
    return seconds


def large_file(server: Server, folder: Path, mib: int, rounds: int, figures: Figures) -> None:
    """Push and pull one large file in both ways, each between two copies, whose mean is what it is compared with: a shared disk has moods."""
    source, cache, home = folder / "big.bin", folder / "cache", folder / "home"
    write_random(source, mib)
    digest = digest_of(source)
    copies = [copy_seconds(source, folder / "copy")]
    ratios: dict[str, list[float]] = {f"{way} by {how}": [] for how in ("LFS", "Xet") for way in ("push", "pull")}
    for number in range(rounds):
        for how in ("LFS", "Xet"):
            for way, work, path in (("push", "push_file", source), ("pull", "pull_file", cache)):
                client = start_client(server, work, f"me/{how}-{number}", path, home, xet=how == "Xet")
                seconds = float(result(client))
                copies.append(copy_seconds(source, folder / "copy"))
                ratios[f"{way} by {how}"].append(seconds / statistics.mean(copies[-2:]))
            if digest_of(next(cache.rglob("big.bin"))) != digest:
                raise SystemExit("the pulled file is another one")
            shutil.rmtree(cache)
            shutil.rmtree(home, ignore_errors=True)
    source.unlink()
    copy = statistics.median(copies)
    numbers = f"{copy:9.2f}{min(copies):9.2f}{max(copies):9.2f}{'':9}"
    print(f"{f'copy of {mib} MiB with sha256':34}{numbers}  s       {mib / copy:,.0f} MiB/s", flush=True)
    for what, values in ratios.items():
        figures.line(what, values, PUSH_RATIO if what.startswith("push") else PULL_RATIO, "copies")


def digest_of(path: Path) -> str:
    """The sha256 of a file."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def small_files(server: Server, folder: Path, count: int, rounds: int, figures: Figures) -> None:
    """Push many small files in one commit; other content in every round."""
    for how in ("LFS", "Xet"):
        seconds: list[float] = []
        for number in range(rounds):
            source, rng = folder / "small", random.Random(f"{how} {number}")
            for index in range(count):
                path = source / f"{index % 20}" / f"{index}.txt"
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_text(f"{rng.getrandbits(2000)}\n", encoding="ascii")
            repo = f"me/small-{how}-{number}"
            client = start_client(server, "push_folder", repo, source, folder / "home", xet=how == "Xet")
            seconds.append(float(result(client)))
            shutil.rmtree(source)
            shutil.rmtree(folder / "home", ignore_errors=True)
        figures.line(f"push of {count} small files ({how})", seconds, SMALL_FILES_S * count / 2000, "s")


def reading_at_once(server: Server, folder: Path, clients: int, figures: Figures) -> None:
    """Let many clients read at once."""
    source, home, rng = folder / "read", folder / "home", random.Random(4)
    source.mkdir()
    for index in range(200):
        suffix = "bin" if index % 2 else "txt"
        (source / f"{index}.{suffix}").write_bytes(rng.randbytes(rng.randrange(1, 50_000)).replace(b"\0", b"x"))
    (source / "big.bin").write_bytes(rng.randbytes(_LARGE_BYTES))
    result(start_client(server, "push_folder", "me/read", source, home))
    processes = [
        start_client(
            server,
            "read_for_a_while",
            "me/read",
            source,
            home,
            HUB_SPEED_READING=json.dumps({"threads": clients // _PROCESSES, "seed": number, "seconds": READING_S}),
        )
        for number in range(_PROCESSES)
    ]
    results = [result(process) for process in processes]
    errors = [error for item in results for error in item["errors"]]
    latencies = sorted(latency for item in results for latency in item["latencies"])
    mib = sum(item["bytes"] for item in results) / 2**20
    remark = (
        f"{len(latencies)} reads, {len(latencies) / READING_S:,.0f}/s, {mib / READING_S:,.0f} MiB/s, "
        f"median {statistics.median(latencies) * 1000:.0f} ms, 99 % {latencies[int(len(latencies) * 0.99)] * 1000:.0f} ms"
    )
    figures.line(f"errors of {clients} clients reading", [float(len(errors))], 0.0, "errors", remark)
    for error in errors[:5]:
        print(f"    {error}")


def main() -> int:
    """Run the parent or, with --client, one client."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--size", type=int, default=1024, help="of the large file (MiB, default 1024)")
    parser.add_argument("--rounds", type=int, default=3, help="of each measurement (default 3)")
    parser.add_argument("--files", type=int, default=2000, help="small files (default 2000)")
    parser.add_argument("--clients", type=int, default=64, help="that read at once (default 64)")
    parser.add_argument(
        "--folder", type=Path, help="an existing folder on the disk to measure (default: the temporary one)"
    )
    parser.add_argument("--client", nargs=3, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.client:
        from huggingface_hub import HfApi

        work, repo, path = arguments.client
        print(json.dumps(WORKS[work](HfApi(token=os.environ["HF_TOKEN"]), repo, path)))
        return 0
    figures = Figures()
    with tempfile.TemporaryDirectory(prefix="hub-speed-", dir=arguments.folder) as name:
        folder = Path(name)
        free = shutil.disk_usage(folder).free / 2**20
        if free < 6 * arguments.size:
            raise SystemExit(
                f"{folder} has {free:,.0f} MiB free; this needs {6 * arguments.size:,}: choose --folder or --size"
            )
        print(f"{'':34}{'median':>9}{'least':>9}{'most':>9}{'target':>9}")
        with serving(folder / "store") as server:
            large_file(server, folder, arguments.size, arguments.rounds, figures)
            small_files(server, folder, arguments.files, arguments.rounds, figures)
            reading_at_once(server, folder, arguments.clients, figures)
    return 1 if figures.missed else 0


if __name__ == "__main__":
    raise SystemExit(main())
