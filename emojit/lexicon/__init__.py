"""What is known about Japanese words before any training row is read: their parts of speech, their vectors, the emoji whose names they are."""
