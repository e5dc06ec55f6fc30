"""Forms and messages to the schools: who gets one, what it says, and what became of it."""
