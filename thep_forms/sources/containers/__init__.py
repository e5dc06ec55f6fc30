"""Files that hold others: archives, messages, mailboxes and documents, each opened within limits."""
