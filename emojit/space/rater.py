"""The rater page, laid out for one task: the packaged page, the items without the key, and how it is set.

The page stands alone, for emojit is not there where it runs. It is served here, its answers kept in the task folder, or published as a Space whose answers go into
a private data set.
"""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from emojit.dataset.folder import CARD, write_json, write_text
from emojit.errors import PublishError, UsageError
from emojit.evaluation.rating.collect import FOLDER, QUEUE, SETTINGS
from emojit.evaluation.rating.task import ITEMS, read_task
from emojit.network import hub_endpoint, require_online
from emojit.release.address import check_repo_id
from emojit.release.hub import HubRepo
from emojit.release.templates import front_matter, render
from emojit.resources import resource

TEMPLATE = "card.md.jinja"
QUEUE_VARIABLE = "EMOJIT_RATER_QUEUE"
"""In the environment of the page: the folder in which answers wait."""
_TITLE = "絵文字の評価"


@dataclass(frozen=True, slots=True, kw_only=True)
class PageSettings:
    """How a rater page is set.

    Attributes:
        answers: private data set (namespace/name) for the answers; None keeps them on this machine.
        raters: codes that are given out at most (count).
        contact: whom raters may ask, shown in the consent text; None for whoever gave them the address.
        every: at least so long from one commit to the next (s); the Hub bounds commits by the hour.
    """

    answers: str | None = None
    raters: int = 50
    contact: str | None = None
    every: float = 30.0

    def as_dict(self) -> dict[str, object]:
        """Return `rater.json`."""
        return {FOLDER: self.answers, "raters": self.raters, "contact": self.contact, "every": self.every}


@contextmanager
def rater_page(
    folder: Path, settings: PageSettings, *, published: bool, dry_run: bool = False
) -> Iterator[tuple[Path, dict[str, str]]]:
    """Give the folder of the page for as long as the block lasts, and what it finds in its environment besides.

    The settings are kept in the task folder where they name a data set, so that `emojit rate collect` knows where answers went.

    Args:
        folder: of the task.
        settings: how the page is set.
        published: whether it will be pushed: then it needs a data set.
        dry_run: leave the task folder as it is.

    Raises:
        UsageError: no such task, or no data set for a page that is pushed.
    """
    task = read_task(folder)
    if settings.answers is not None:
        check_repo_id(settings.answers)
    elif published:
        raise UsageError(
            "a Space keeps no answers on its disk, and no data set is named for them",
            hint="name one, which is made where it is missing: --answers you/emoji-ratings",
        )
    with tempfile.TemporaryDirectory(prefix="emojit-rater-") as scratch:
        page = stage_rater(folder, Path(scratch) / "space", settings, items=len(task.items), task=task.name)
        environment = {QUEUE_VARIABLE: str((folder / QUEUE).resolve())}
        if settings.answers is not None and not dry_run:
            write_json(folder / SETTINGS, settings.as_dict())
            environment |= _token()
        yield page, environment


def stage_rater(folder: Path, out: Path, settings: PageSettings, *, items: int, task: str) -> Path:
    """Lay out the page: nothing of the task but what raters see goes with it.

    Args:
        folder: of the task.
        out: the folder to make; it must not exist.
        settings: how the page is set.
        items: texts (count), for the card.
        task: its name, for the card.

    Returns:
        `out`.
    """
    template = resource("spaces/rater")
    out.mkdir(parents=True)
    for source in sorted(template.iterdir()):
        if source.is_file() and source.name != TEMPLATE:
            shutil.copyfile(source, out / source.name)
    shutil.copyfile(folder / ITEMS, out / ITEMS)
    write_json(out / SETTINGS, settings.as_dict())
    write_text(out / CARD, _card(template, items, task))
    return out


def prepare_answers(repo_id: str) -> None:
    """Make the private data set where it is missing.

    Raises:
        UsageError: no repository name.
        OfflineError: `EMOJIT_OFFLINE` is set and the Hub is not on this machine.
        PublishError: it is there and public, or cannot be made.
    """
    from huggingface_hub import get_token

    check_repo_id(repo_id)
    require_online(repo_id)
    repo = HubRepo(hub_endpoint(), "dataset", repo_id, get_token())
    repo.check_token()
    head = repo.head()
    if head is None:
        repo.create(private=True, space_sdk=None)
    elif not head.private:
        raise PublishError(
            f"{repo_id}: is public, and answers of raters must not be",
            hint="make it private in its settings, or name another --answers",
            repo_id=repo_id,
        )


def _token() -> dict[str, str]:
    """Return the token of the Hub's login as the page looks for it, in its environment."""
    from huggingface_hub import get_token

    token = get_token()
    return {} if token is None else {"HF_TOKEN": token}


def _card(template: Path, items: int, task: str) -> str:
    pinned = dict(
        line.split("==", 1)
        for line in (template / "requirements.txt").read_text(encoding="utf-8").split()
        if "==" in line
    )
    fields = {
        "title": _TITLE,
        "emoji": "📝",
        "colorFrom": "yellow",
        "colorTo": "green",
        "sdk": "gradio",
        "sdk_version": pinned["gradio"],
        "python_version": "3.12",
        "app_file": "app.py",
        "pinned": False,
        "license": "apache-2.0",
        "language": ["ja"],
        "tags": ["emoji", "japanese", "emojit"],
        "short_description": "People rate emoji for short Japanese texts",
    }
    context = {
        "front_matter": front_matter(fields),
        "title": _TITLE,
        "items": items,
        "task": task,
        "gradio": pinned["gradio"],
    }
    return render(f"spaces/rater/{TEMPLATE}", context)
