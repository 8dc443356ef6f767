"""Long work of the embedded Hub: a thousand commits whose rate does not fall, and files of gigabytes that do not grow its memory.

    python benchmarks/hub_endurance.py [--commits 1000] [--size 5120] [--folder DIR]

Commits: one small file each by `HfApi.create_commit`. After each of them the same client asks who it is and syncs three small files to the same disk: the
median of the last hundred commits, as a multiple of that probe, is compared with that of the first hundred, so that a machine that gets busier is not taken
for a Hub that gets slower. Then `emojit hub gc`
packs the repository, `git fsck --full` looks at it, and files are read back.

Memory: a sparse file of 64 MiB and one of `--size` MiB are pushed and pulled by plain LFS (in parts above 4 GiB) and with hf_xet. The peak of the server's
resident memory (VmHWM, Linux) during each is compared with that of the small file. `--size 0` leaves this out. Needs four times the size on the disk.

Prints each figure with its target and exits with 1 when one is missed.
"""

from __future__ import annotations

import argparse
import os
import random
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from hub_speed import Figures, digest_of, result, serving, start_client

SLOWDOWN = 1.5
"""The most that a late commit may take, as a multiple of an early one."""
GROWTH_MIB = 64.0
"""The most by which the peak with the large file may lie above that with the small one."""

_SMALL_MIB = 64
_WINDOW = 100


def commits(folder: Path, count: int, figures: Figures) -> None:
    """Make many small commits, pack them, look at them."""
    from huggingface_hub import CommitOperationAdd, HfApi, get_session

    seconds: list[float] = []
    probes: list[float] = []
    with serving(folder / "store") as server:
        api = HfApi(endpoint=server.endpoint, token=server.token)
        api.create_repo("me/many")
        for number in range(count):
            start = time.perf_counter()
            operation = CommitOperationAdd(f"{number % 10}/{number}.txt", f"{number}\n".encode() * 20)
            api.create_commit("me/many", [operation], commit_message=f"commit {number}")
            seconds.append(time.perf_counter() - start)
            start = time.perf_counter()
            api.whoami()
            for index in range(3):
                sync_small_file(folder / f"probe-{index}")
            probes.append(time.perf_counter() - start)
    window = min(_WINDOW, count // 2)
    early, late = statistics.median(seconds[:window]), statistics.median(seconds[-window:])
    early_probe, late_probe = statistics.median(probes[:window]), statistics.median(probes[-window:])
    remark = f"first {window}: {early * 1000:.0f} ms ({early_probe * 1000:.0f}), last: {late * 1000:.0f} ms ({late_probe * 1000:.0f})"
    slowdown = (late / late_probe) / (early / early_probe)
    figures.line(f"late of {count} commits to early ones", [slowdown], SLOWDOWN, "times", remark)

    subprocess.run([sys.executable, "-m", "emojit", "hub", "gc", "--root", folder / "store", "--json"], check=True)
    (repository,) = (folder / "store" / "repos").iterdir()
    git = ["git", "-C", str(repository)]
    fsck = subprocess.run([*git, "fsck", "--full", "--strict"], capture_output=True, text=True, check=False)
    history = subprocess.run([*git, "rev-list", "--count", "main"], capture_output=True, text=True, check=True)
    packs = list((repository / "objects" / "pack").glob("*.pack"))
    is_good = fsck.returncode == 0 and int(history.stdout) == count + 1 and len(packs) == 1
    figures.line(
        "faults after gc and git fsck", [float(not is_good)], 0.0, "faults", f"{packs[0].stat().st_size:,} bytes"
    )
    with serving(folder / "store") as again:
        for number in random.Random(0).sample(range(count), min(20, count)):
            url = f"{again.endpoint}/me/many/resolve/main/{number % 10}/{number}.txt"
            if get_session().get(url).content != f"{number}\n".encode() * 20:
                raise SystemExit(f"{number}.txt is another one")


def sync_small_file(path: Path) -> None:
    """Write a small file, have it on the disk, and remove it."""
    with path.open("wb") as file:
        file.write(bytes(200))
        file.flush()
        os.fsync(file.fileno())
    path.unlink()


def memory(folder: Path, mib: int, figures: Figures) -> None:
    """Compare the server's peak with a small and a large file."""
    with serving(folder / "store") as server:
        peaks: dict[str, list[float]] = {}
        for size in (_SMALL_MIB, mib):
            source, cache, home = folder / f"{size}.bin", folder / "cache", folder / "home"
            with source.open("wb") as file:
                file.write(f"{size}".encode())
                file.truncate(size * 2**20)
            digest = digest_of(source)
            for how in ("LFS", "Xet"):
                for way, work, path in (("push", "push_file", source), ("pull", "pull_file", cache)):
                    forget_peak(server.pid)
                    client = start_client(server, work, f"me/{how}-{size}", path, home, xet=how == "Xet")
                    seconds = float(result(client))
                    peaks.setdefault(f"{way} by {how}", []).append(peak_mib(server.pid))
                    print(
                        f"    {way} by {how} of {size} MiB: {seconds:.0f} s, {peak_mib(server.pid):.0f} MiB",
                        flush=True,
                    )
                if digest_of(next(cache.rglob("big.bin"))) != digest:
                    raise SystemExit("the pulled file is another one")
                shutil.rmtree(cache)
                shutil.rmtree(home, ignore_errors=True)
            source.unlink()
    for what, (small, large) in peaks.items():
        remark = f"{small:.0f} MiB with {_SMALL_MIB} MiB, {large:.0f} MiB with {mib} MiB"
        figures.line(f"growth of memory, {what}", [large - small], GROWTH_MIB, "MiB", remark)


def forget_peak(pid: int) -> None:
    """Let the kernel measure the peak of a process anew."""
    Path(f"/proc/{pid}/clear_refs").write_text("5\n", encoding="ascii")


def peak_mib(pid: int) -> float:
    """The most memory that a process had resident (MiB) since `forget_peak`."""
    lines = Path(f"/proc/{pid}/status").read_text(encoding="utf-8").splitlines()
    return next(int(line.split()[1]) / 1024 for line in lines if line.startswith("VmHWM"))


def main() -> int:
    """Run both parts."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--commits", type=int, default=1000, help="0 leaves them out (default 1000)")
    parser.add_argument(
        "--size", type=int, default=5120, help="of the large file (MiB, default 5120); 0 leaves it out"
    )
    parser.add_argument(
        "--folder", type=Path, help="an existing folder on the disk to use (default: the temporary one)"
    )
    arguments = parser.parse_args()
    figures = Figures()
    with tempfile.TemporaryDirectory(prefix="hub-endurance-", dir=arguments.folder) as name:
        folder = Path(name)
        if shutil.disk_usage(folder).free < 4 * arguments.size * 2**20:
            raise SystemExit(
                f"{folder} has not the {4 * arguments.size:,} MiB that this needs: choose --folder or --size"
            )
        print(f"{'':34}{'median':>9}{'least':>9}{'most':>9}{'target':>9}")
        if arguments.size:
            memory(folder, arguments.size, figures)
            shutil.rmtree(folder / "store")
        if arguments.commits:
            commits(folder, arguments.commits, figures)
    return 1 if figures.missed else 0


if __name__ == "__main__":
    raise SystemExit(main())
