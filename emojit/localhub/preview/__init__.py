"""The first rows of data files, read by a process that may fail without harm."""
