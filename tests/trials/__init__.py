"""Trials: scripts that try the program for hours on damaged files, records and disks, and print figures."""
