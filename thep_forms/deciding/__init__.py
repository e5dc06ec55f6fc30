"""Which returns count, and what became of each: a pure function of what is known."""
