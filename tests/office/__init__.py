"""What the office does, by the commands and functions that do it."""
