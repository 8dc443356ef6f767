"""What `test_modules.py` runs as a program of its own: all modules without emojit and without network, in one process and in two that share the rows.

Its argument: JSON of three tables, path of a module → arguments of `compute`: all rows, those of the first process, those of the second.
"""

import gc
import json
import os
import socket
import sys

gc.set_threshold(10_000, 10, 10)  # what is imported stays
sys.modules["transformers"] = None  # no module requires it, and evaluate goes without it


def refuse(*_):
    raise AssertionError("the network was touched")


socket.socket.connect = socket.getaddrinfo = refuse
import evaluate  # once for everything here: it takes seconds

del sys.modules["transformers"]  # datasets looks whether it is there


def shared(rank, batches):
    results = {}
    for path, batch in batches.items():
        metric = evaluate.load(path, num_process=2, process_id=rank, experiment_id="two", cache_dir="shared")
        for row in range(len(batch["predictions"])):
            if rank:
                metric.add(**{key.removesuffix("s"): rows[row] for key, rows in batch.items()})
            else:
                metric.add_batch(**{key: rows[row : row + 1] for key, rows in batch.items()})
        results[path] = metric.compute()
    return results


whole, *halves = json.loads(sys.argv[1])
child = os.fork()
if child == 0:
    answers = shared(1, halves[1])
    os._exit(0 if set(answers.values()) == {None} else 3)
results = {
    "two processes": shared(0, halves[0]),
    "the second ended with": os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]),
}
results["one process"] = {path: evaluate.load(path).compute(**call) for path, call in whole.items()}
results["emojit"] = any(name.split(".")[0] == "emojit" for name in sys.modules)
json.dump(results, sys.stdout)
sys.stdout.flush()
gc.freeze()
