"""Processes that read files, their limits, and clusters."""
