"""Kill the embedded Hub again and again while real clients write to it, and look whether it kept its word.

    python scripts/hub_hammer.py --kills 300 [--seconds 1.5] [--inspect-every 1] [--seed 0] [--root DIR]

Each round starts `emojit hub serve` and a client process whose threads upload small and large files, tag, open and merge pull requests and squash, then kills
first the server and then the client with SIGKILL at a random moment. Then `emojit hub check` finds no damage, `git fsck --full` (where git is installed) finds
nothing, and every third time `emojit hub gc` changes none of it: all of them read the whole store, so `--inspect-every 10` gets through hundreds of kills in a
fraction of the time. When the next server has started, everything that the client saw acknowledged is there with its checksum. Prints one JSON object; exits with 1 at the first loss, and leaves the folder for a look.
"""

from __future__ import annotations

import argparse
import hashlib
import itertools
import json
import os
import random
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from emojit.localhub.audit.check import check
from emojit.localhub.audit.collect import collect

REPOS = ("me/small", "me/large", "me/mixed")
START_S = 60
SAMPLE = 25
"""Earlier files that are looked at again after each kill; all of them are after the last."""


class LossError(Exception):
    """The Hub did not keep what it had acknowledged."""


@dataclass
class Promises:
    """What was acknowledged."""

    files: dict[tuple[str, str], str] = field(default_factory=dict)
    """The sha256 of what lies on `main`, by repository and path."""
    tags: set[tuple[str, str]] = field(default_factory=set)
    requests: set[tuple[str, int]] = field(default_factory=set)
    refusals: list[str] = field(default_factory=list)
    """Answers of the living server that nothing in the work explains."""

    def note(self, line: str) -> None:
        """Take one line of the client's; the last one of a killed client may be cut off."""
        try:
            said = json.loads(line)
        except ValueError:
            return
        if said["what"] == "file":
            self.files[said["repo"], said["name"]] = said["sha256"]
        elif said["what"] == "tag":
            self.tags.add((said["repo"], said["name"]))
        elif said["what"] == "request":
            self.requests.add((said["repo"], int(said["name"])))
        else:
            self.refusals.append(said["name"])

    def read(self, lines: Iterable[str]) -> None:
        """Take all lines of a client."""
        for line in lines:
            self.note(line)


# The client process


def say(what: str, repo: str, name: object, content: bytes = b"") -> None:
    """Tell the parent what was acknowledged, in one write, so that threads do not mix their lines."""
    line = {"what": what, "repo": repo, "name": str(name), "sha256": hashlib.sha256(content).hexdigest()}
    os.write(1, (json.dumps(line) + "\n").encode())


def write_for_ever(api: Any, seed: int) -> None:
    """Let three threads change the repositories until this process is killed."""
    threads = [
        threading.Thread(target=loop, args=(work, api, random.Random(f"{seed} {work.__name__}")), daemon=True)
        for work in (small, large, mixed)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def loop(work: Callable[[Any, random.Random, str], None], api: Any, rng: random.Random) -> None:
    """Work under names that were never used before; the server's death ends it with an error of the connection."""
    from huggingface_hub.errors import HfHubHTTPError

    for number in itertools.count():
        try:
            work(api, rng, f"{rng.getrandbits(64):x}-{number}")
        except HfHubHTTPError as exc:
            say("refusal", work.__name__, str(exc))
            return


def small(api: Any, rng: random.Random, name: str) -> None:
    """A commit of a few small files, or of so many that they become a pack."""
    from huggingface_hub import CommitOperationAdd

    count = rng.choice([1, 1, 2, 60])
    files = {f"{name}/{index}.txt": rng.randbytes(rng.randrange(1, 2000)) for index in range(count)}
    operations = [CommitOperationAdd(path, content) for path, content in files.items()]
    api.create_commit(REPOS[0], operations, commit_message=name)
    for path, content in files.items():
        say("file", REPOS[0], path, content)


def large(api: Any, rng: random.Random, name: str) -> None:
    """One large file."""
    content = rng.randbytes(rng.randrange(10_000, 3_000_000))
    api.upload_file(repo_id=REPOS[1], path_or_fileobj=content, path_in_repo=f"{name}.bin")
    say("file", REPOS[1], f"{name}.bin", content)


def mixed(api: Any, rng: random.Random, name: str) -> None:
    """Whatever moves a reference or the database."""
    repo, content = REPOS[2], rng.randbytes(5000)
    kind = rng.choice(["tag", "request", "merge", "squash", "upload"])
    if kind == "upload":
        api.upload_file(repo_id=repo, path_or_fileobj=content, path_in_repo=f"{name}.bin")
        say("file", repo, f"{name}.bin", content)
    elif kind == "tag":
        api.create_tag(repo, tag=name, tag_message=rng.choice([None, "words"]))
        say("tag", repo, name)
    elif kind == "squash":
        api.super_squash_history(repo)
    else:
        done = api.upload_file(repo_id=repo, path_or_fileobj=content, path_in_repo=f"{name}.txt", create_pr=True)
        say("request", repo, done.pr_num)
        if kind == "merge":
            api.merge_pull_request(repo, done.pr_num)
            say("file", repo, f"{name}.txt", content)


# The parent


def free_port() -> int:
    """A port that is free now."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


@contextmanager
def server(root: Path, port: int, *options: str) -> Iterator[dict[str, Any]]:
    """Run `emojit hub serve` and kill it with SIGKILL at the end of the block."""
    command = [
        sys.executable,
        "-m",
        "emojit",
        "hub",
        "serve",
        "--root",
        str(root),
        "--port",
        str(port),
        "--json",
        *options,
    ]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    try:
        assert process.stdout is not None
        assert process.stderr is not None
        line = process.stdout.readline()
        if not line:
            raise LossError(f"the Hub does not start again: {process.stderr.read()[-2000:]}")
        yield {**json.loads(line), "pid": process.pid}
    finally:
        process.kill()
        process.communicate()


@contextmanager
def client(endpoint: str, token: str, seed: int, cache: Path) -> Iterator[subprocess.Popen[str]]:
    """Run a client process, which waits for a line; kill it at the end of the block."""
    command = [sys.executable, __file__, "--client", endpoint, "--seed", str(seed)]
    environment = {**os.environ, "HF_ENDPOINT": endpoint, "HF_TOKEN": token, "HF_HOME": str(cache)}
    environment |= {"HF_HUB_DISABLE_PROGRESS_BARS": "1", "HF_HUB_DISABLE_TELEMETRY": "1"}
    process = subprocess.Popen(
        command, env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    )
    try:
        yield process
    finally:
        process.kill()
        process.communicate()


def keep_promises(api: Any, promises: Promises, rng: random.Random, recent: int) -> None:
    """Read what was acknowledged: the newest, and some of the older.

    Raises:
        LossError: something is not there or is not what it was.
    """
    from huggingface_hub import get_session

    files = list(promises.files.items())
    older = files[: len(files) - recent]
    for (repo, path), sha256 in [*rng.sample(older, min(SAMPLE, len(older))), *files[len(files) - recent :]]:
        url = f"{api.endpoint}/{repo}/resolve/main/{path}"
        answer = get_session().get(url, headers={"Authorization": f"Bearer {api.token}"}, follow_redirects=True)
        if answer.status_code != 200:
            raise LossError(f"{repo} {path}: {answer.status_code} {answer.text[:200]}")
        if hashlib.sha256(answer.content).hexdigest() != sha256:
            raise LossError(f"{repo} {path}: other content")
    lost: set[object] = set(promises.tags)
    for repo in REPOS:
        refs = api.list_repo_refs(repo, include_pull_requests=True)
        lost -= {(repo, tag.name) for tag in refs.tags}
        present = {(repo, int(ref.ref.removeprefix("refs/pr/"))) for ref in refs.pull_requests or ()}
        lost |= {item for item in promises.requests if item[0] == repo} - present
    if lost:
        raise LossError(f"lost tags or pull requests: {sorted(map(str, lost))}")


def inspect(root: Path) -> int:
    """Audit the store, as it lies there after the kill.

    Returns:
        How many remains of the killed server were found, which the next start clears away (count).

    Raises:
        LossError: it is damaged.
    """
    findings = check(root, quiet=True)
    if findings.problem_count:
        raise LossError("; ".join(findings.problems[:10]))
    if shutil.which("git"):
        for repository in (root / "repos").glob("*.git"):
            command = ["git", "-C", str(repository), "fsck", "--full"]
            fsck = subprocess.run(command, capture_output=True, text=True, check=False)
            if fsck.returncode:
                raise LossError(f"git fsck in {repository}: {fsck.stderr[-2000:]}")
    return findings.remain_count


def work_and_kill(hub: dict[str, Any], busy: subprocess.Popen[str], promises: Promises, wait_s: float) -> None:
    """Let the client work until something is acknowledged and `wait_s` seconds longer, then kill the server and the client.

    Raises:
        LossError: nothing is acknowledged, or the living server refused something.
    """
    before = len(promises.files)
    assert busy.stdin is not None
    assert busy.stdout is not None
    reader = threading.Thread(target=promises.read, args=(busy.stdout,))
    reader.start()
    busy.stdin.write("go\n")
    busy.stdin.flush()
    deadline = time.monotonic() + START_S
    while len(promises.files) == before:
        if time.monotonic() > deadline or busy.poll() is not None:
            raise LossError("the client does not get anything acknowledged")
        time.sleep(0.01)
    time.sleep(wait_s)
    os.kill(hub["pid"], signal.SIGKILL)
    busy.kill()
    reader.join()
    if promises.refusals:
        raise LossError(f"the server refused what it should have taken: {promises.refusals[0]}")


def hammer(root: Path, kills: int, seconds: float, seed: int, inspect_every: int = 1) -> dict[str, object]:
    """Do it `kills` times and look once more at everything at the end."""
    from huggingface_hub import HfApi

    rng, promises, port = random.Random(seed), Promises(), free_port()
    inspections = remains = recent = 0
    with server(root, port) as hub:
        token = str(hub["token"])
        api = HfApi(endpoint=hub["endpoint"], token=token)
        for repo in REPOS:
            api.create_repo(repo)
    for number in range(kills):
        with (
            client(api.endpoint, token, rng.getrandbits(32), root.parent / "hf") as busy,
            server(root, port) as hub,
        ):
            keep_promises(api, promises, rng, recent)
            before = len(promises.files)
            work_and_kill(hub, busy, promises, rng.uniform(0, seconds))
            recent = len(promises.files) - before
        if (number + 1) % inspect_every == 0:
            remains += inspect(root)
            inspections += 1
            if inspections % 3 == 0:
                collect(root, grace_s=0, quiet=True)
                inspect(root)
        progress(f"{number + 1} kills, {len(promises.files)} files")
    inspect(root)
    with server(root, port):
        keep_promises(api, promises, rng, len(promises.files))
    return {
        "kills": kills,
        "files": len(promises.files),
        "tags": len(promises.tags),
        "pull_requests": len(promises.requests),
        "remains": remains,
    }


def progress(text: str) -> None:
    """Say on stderr how far it is."""
    sys.stderr.write(text + "\n")


def main() -> int:
    """Run either side."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--kills", type=int, default=300)
    parser.add_argument("--seconds", type=float, default=1.5, help="the longest time from the first file to the kill")
    parser.add_argument(
        "--inspect-every", type=int, default=1, help="how many kills lie between two audits of the whole store"
    )
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--root", type=Path, help="an empty folder; a temporary one without it")
    parser.add_argument("--client", metavar="URL", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.client:
        from huggingface_hub import HfApi

        api = HfApi(endpoint=options.client)
        sys.stdin.readline()
        write_for_ever(api, options.seed)
        return 0
    folder = options.root or Path(tempfile.mkdtemp(prefix="hub-hammer-"))
    try:
        result = hammer(folder / "store", options.kills, options.seconds, options.seed, options.inspect_every)
    except LossError as exc:
        progress(f"LOSS in {folder}: {exc}")
        return 1
    print(json.dumps(result))
    if options.root is None:
        shutil.rmtree(folder)
    return 0


if __name__ == "__main__":
    sys.exit(main())
