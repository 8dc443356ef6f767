"""Pages for people: plain HTML, made here, without scripts."""
