"""Many steps in one go: the demo now, the experiment matrix later."""
