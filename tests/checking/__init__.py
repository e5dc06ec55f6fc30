"""What an answer means, and what is wrong with it."""
