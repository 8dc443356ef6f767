"""Looking back at the checkpoints of a run: where it was best, from where on more training did harm, and which weights to take.

`score_run` asks the checkpoints that a run kept, `csv_table` reads figures that others measured; both give curves (`facts`), and everything after that is the
same for both.
"""
