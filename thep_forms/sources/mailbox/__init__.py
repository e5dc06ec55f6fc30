"""Mailboxes on a mail server (IMAP4rev1, RFC 3501): which messages are new, and how they are fetched."""
