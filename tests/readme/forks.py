"""Programs without the seconds of their start: a server has imported what they need, and each program is a fork of it.

`python forks.py MODULE…` reads one JSON object per line, `{"arguments": […]}` for `python -m emojit …` or `{"code": …}` for `python -c …`, each with `cwd` and with the
files `stdin`, `stdout` and `stderr`; it answers with the exit code. What the clients read from the environment when they are imported, such as the address
of the Hub, is that of the server.
"""

from __future__ import annotations

import gc
import importlib
import json
import os
import sys
import traceback


def run(program: dict[str, object]) -> None:
    os.chdir(program["cwd"])
    for number, name in enumerate(("stdin", "stdout", "stderr")):
        opened = os.open(program[name], os.O_RDWR)
        os.dup2(opened, number)
        os.close(opened)
    if "code" in program:
        exec(compile(program["code"], "<string>", "exec"), {"__name__": "__main__"})
        return
    sys.argv = ["emojit", *program["arguments"]]
    from emojit.cli.app import main

    main()


def ended(program: dict[str, object]) -> int:
    try:
        run(program)
    except SystemExit as exc:
        return exc.code if isinstance(exc.code, int) else 1
    except BaseException:  # noqa: BLE001 - as Python itself says it
        traceback.print_exc()
        return 1
    return 0


def serve() -> None:
    for module in sys.argv[1:]:
        importlib.import_module(module)
    gc.freeze()  # a collection in a fork would copy every page of it
    lines = os.fdopen(os.dup(0), encoding="utf-8")
    while line := lines.readline():
        child = os.fork()
        if not child:
            code = ended(json.loads(line))
            sys.stdout.flush()
            sys.stderr.flush()
            os._exit(code)  # to take apart what was imported takes a second
        sys.stdout.write(f"{os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])}\n")
        sys.stdout.flush()


if __name__ == "__main__":
    serve()
