"""Many steps in one go: the demo, and experiments: plans of many runs, and what is read off them."""
