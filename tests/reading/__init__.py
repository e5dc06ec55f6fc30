"""What is read from a file, whatever program or person filled it in."""
