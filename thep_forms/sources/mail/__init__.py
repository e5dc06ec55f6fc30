"""E-mails: their headers, parts and texts, who sent them, and what kind of message each is."""
