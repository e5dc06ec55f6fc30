"""The RECORDS folder: its ledger and tables, through damage, kills and new versions."""
