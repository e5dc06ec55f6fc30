"""The default values of the commands' options."""

from __future__ import annotations

SECONDS_FOR_A_FILE = 30  # of processor time that reading it may take
TIMES_BY_THE_CLOCK = 20  # what that may be by the clock, on a busy machine or for a file that waits
TIMES_FOR_A_CONTAINER = 20  # the same, for all files and messages in a zip or mailbox together to be taken out of it
TIMES_FOR_A_PILE = 60  # the same, for all steps of a file that is read in steps, such as the pages of a pile of scans
MOST_OVERRUNS = 10  # files in a zip or mailbox that take too much time or memory, before the rest is left out
MOST_OVERRUNS_OF_A_RUN = 100  # the same in a whole run
MEGABYTES_FOR_A_FILE = 1024  # of memory that reading it may take
REMINDERS_FOR_A_SCHOOL = 3  # in a membership year, at most
DAYS_BETWEEN_REMINDERS = 7
MESSAGES_A_MINUTE = 30  # to the mail server, at most
SMTP_PORT = 587  # submission with STARTTLS (RFC 6409)

# The environment variables that say the mail server, where no option does.
SMTP_HOST_VARIABLE = "THEP_FORMS_SMTP_HOST"
SMTP_PORT_VARIABLE = "THEP_FORMS_SMTP_PORT"
SMTP_USER_VARIABLE = "THEP_FORMS_SMTP_USER"
