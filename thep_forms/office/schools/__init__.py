"""The schools of a year: their list, where each stands, and what they wrote."""
