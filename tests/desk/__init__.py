"""The desk, clicked and typed into in a real browser."""
