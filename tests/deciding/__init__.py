"""Which return counts, and what became of each."""
