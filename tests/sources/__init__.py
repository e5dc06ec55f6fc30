"""Where returns come from: files, archives, messages, mailboxes."""
