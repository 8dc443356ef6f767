"""Running a plan of experiments: which runs it has, what each is trained with, when it is its turn, and the processes that train.

`resolve` reads a plan and the data it is about, `identity` says when a run is done and need not be repeated, `conditions` decides which variants are
run, `schedule` keeps the states, `process` trains one run, `run` does all of it, `estimate` says how long it takes, and `tree` shows it.
"""
