"""Forms with fields: what the widgets hold, what lies on them, and whether they show (ISO 32000-1, 12.5 and 12.7)."""
