"""The plot of a data set card: the same statistics give the same bytes, and nothing needs matplotlib but the plot itself."""

from __future__ import annotations

import re
import struct
import sys
from pathlib import Path

from emojit.dataset.folder import verify_manifest
from emojit.release.cards import render_dataset_card
from emojit.release.emoji_plot import PLOT, can_plot, plot_emoji
from emojit.release.push import push


def chunks(png: bytes) -> list[bytes]:
    """Return the types of a PNG's chunks."""
    place, types = 8, []
    while place < len(png):
        (length,) = struct.unpack(">I", png[place : place + 4])
        types.append(png[place + 4 : place + 8])
        place += 12 + length
    return types


def test_the_same_statistics_give_the_same_bytes_without_date_or_version(build_folder, tmp_path, monkeypatch):
    first = plot_emoji(build_folder).read_bytes()
    (build_folder / "recipe.toml").unlink()  # only the statistics are read
    import matplotlib as mpl

    monkeypatch.setitem(mpl.rcParams, "axes.facecolor", "black")

    second = plot_emoji(build_folder).read_bytes()

    assert first == second
    assert mpl.rcParams["axes.facecolor"] == "black"
    assert set(chunks(first)) == {b"IHDR", b"pHYs", b"IDAT", b"IEND"}
    assert struct.unpack(">II", first[16:24]) == (1600, 640)


def test_the_card_shows_the_plot_where_it_is(build_folder):
    assert PLOT not in render_dataset_card(build_folder)

    plot_emoji(build_folder)

    assert f"]({PLOT})" in render_dataset_card(build_folder)


def test_without_matplotlib_a_data_set_is_published_without_plot_and_one_with_plot_stays_the_same(
    account, finished_build, tmp_path, monkeypatch, caplog
):
    drawn, plain = f"{account.name}/drawn", f"{account.name}/plain"
    push("dataset", finished_build, drawn, tag="v1", quiet=True)
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    assert not can_plot()

    again = push("dataset", finished_build, drawn, tag="v1", quiet=True)
    push("dataset", finished_build, plain, tag="v1", quiet=True)

    assert again.already_there
    assert "matplotlib is not installed" in caplog.text
    folder = Path(
        account.api.snapshot_download(plain, repo_type="dataset", revision="v1", local_dir=tmp_path / "plain")
    )
    verify_manifest(folder)
    assert not (folder / PLOT).exists()
    assert re.search(r"\]\(plots/", (folder / "README.md").read_text(encoding="utf-8")) is None


def test_a_published_plot_of_another_matplotlib_is_taken_over_and_not_called_other_bytes(
    account, finished_build, monkeypatch
):
    from matplotlib.figure import Figure

    repo_id = f"{account.name}/pairs"
    save = Figure.savefig
    with monkeypatch.context() as older:
        older.setattr(Figure, "savefig", lambda self, path, **options: save(self, path, dpi=50, **options))
        push("dataset", finished_build, repo_id, tag="v1", quiet=True)

    assert push("dataset", finished_build, repo_id, tag="v1", quiet=True).already_there
