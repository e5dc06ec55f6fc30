"""What is held about a person or a school: found, handed out and deleted."""
