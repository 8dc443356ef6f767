"""Ctrl-C while a Space starts: its imports show no traceback, and the closing line fits."""

from __future__ import annotations

import signal
import subprocess
import sys

import pytest

pytest.importorskip("gradio")


def test_ctrl_c_before_the_page_is_there_ends_the_space_without_a_traceback(tmp_path):
    (tmp_path / "app.py").write_text("import time\nprint('importing', flush=True)\ntime.sleep(60)\n", encoding="utf-8")
    command = [sys.executable, "-m", "emojit", "space", "run", str(tmp_path), "--port", "0"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as running:
        assert running.stderr is not None
        assert running.stderr.readline() == "importing\n"

        running.send_signal(signal.SIGINT)
        out, err = running.communicate(timeout=20)

    assert running.returncode == 130
    assert out == ""
    assert err == "stopped before the page was there; the same command starts it again\n"
