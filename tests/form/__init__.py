"""The form: what it says, how it looks, and how it is filled in."""
