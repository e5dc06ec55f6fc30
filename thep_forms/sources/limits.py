"""How much of a stranger's file is read: every limit of this room, with its unit and its reason.

They keep one hostile or broken file from filling the memory or taking hours. All are far above what schools send.
"""

from __future__ import annotations

import sys

from msgspec import Struct

# Any file, and any container.
LARGEST_FILE = 200 * 2**20  # bytes; a filled-in form has under a quarter of a megabyte, a scan a few
MOST_BYTES = 2**30  # bytes unpacked from one container and all that is nested in it: a zip can pack 1 GB into 1 MB
MOST_FILES = 10_000  # files in one container and all that is nested in it: each costs a row in returns.csv
MOST_TEXTS = 3  # of the messages around a file that are kept, the outermost first
MOST_CONTAINERS = 8  # containers around a file; a zip can hold itself and never end
SNIFFED = 2**16  # bytes at the start of a file that tell its kind: room for the headers of most e-mails

# Zips, tars and what is packed by gzip.
ZIP_PIECE = 2**20  # bytes unpacked at once, before the budget is asked again
LONGEST_TAR_PATH = 2**16  # bytes of a path in a tar, or of the record that holds it; a longer one is cut short
LARGEST_ZIP_LIST = 4 * 2**20  # bytes of a zip's list of files; 10,000 files with long names take half of it

# What comes from the process that opens containers. A container that keeps the limits above never reaches these.
MOST_PIECES = 4 * MOST_FILES  # for each container, or for each message of a mailbox
MOST_MESSAGES = 10**6  # in a mailbox

# Mailboxes.
BYTES_OF_A_MESSAGE = 1000  # of a mailbox with over `MOST_FILES` messages, on average; real ones have several thousand

# Mailboxes on a mail server.
LISTED_AT_ONCE = 500  # messages that one command asks for; the answer has to stay under imaplib's limit of 1 MB a line
FETCHED_AT_ONCE = 4 * 2**20  # bytes that are in memory; nearly every message is smaller
SMALL_MESSAGE = 2**16  # bytes; messages without a file, which are most, come many at a time

# E-mails.
LARGEST_HEADERS = 2**20  # bytes of all headers of an e-mail or of a part; the rest is ignored
LONGEST_HEADER = 8192  # characters of one header; the rest is ignored
LONGEST_HEADER_LINE = 4 * LONGEST_HEADER  # bytes of one header before it is decoded; a character has up to 4
LONGEST_PARAMETERS = 4096  # characters of a header that may name a file: the time for them grows with their square
MOST_HEADERS_SNIFFED = 1000  # headers that are looked at to tell whether a file is an e-mail
DEEPEST_PART = 16  # parts around a part; mail programs nest three or four

LARGEST_LOGO = 100_000  # bytes of a picture in a message's text; a larger one may be a photograph of a form

# Documents of office programs.
SMALLEST_PAGE = 10_000  # bytes of a picture of one page of the form, at 75 dots an inch; a smaller one is a logo

# Outlook messages.
MOST_ATTACHMENTS = 2048  # of one message: the limit in [MS-OXMSG]
LONGEST_TEXT = 16 * 2**20  # bytes of one text property, such as the message's HTML

# winmail.dat.
MOST_TNEF_ATTRIBUTES = 100_000  # attributes of a message, and properties of an attachment; Outlook writes some 100

# Signed messages.
DEEPEST_OCTETS = 16  # strings of bytes within each other that hold a signed message; programs nest two

# Names of files.
LONGEST_NAME = 120  # characters of one name, so that `source` in returns.csv stays readable
MOST_STEPS = 20  # steps of a path in a zip, the file's name included; the first ones are left out
LONGEST_PATH = (LONGEST_NAME + 12) * MOST_STEPS  # characters of all of them; a number may follow a name

TOO_LARGE = f"This file has over {LARGEST_FILE // 2**20} MB, far more than a form. Send the form alone."


class TooMuchError(Exception):
    """A container holds more than its budget. The text is a reason for `ReceivedFile.reason`."""


class Budget(Struct):
    """How many bytes and files may still be taken out of one container and all that is nested in it.

    What is really unpacked counts, not the sizes that the container states.
    """

    bytes: int = MOST_BYTES
    files: int = MOST_FILES

    @classmethod
    def unlimited(cls) -> Budget:
        """A budget that no file exhausts, for a container whose files have a budget each."""
        return cls(sys.maxsize, sys.maxsize)

    def spend(self, size: int, files: int = 0) -> None:
        """Take `size` bytes and `files` files off. Raises `TooMuchError` when more is taken than there was."""
        self.bytes -= size
        self.files -= files
        if self.bytes < 0:
            raise TooMuchError(
                f"This file holds over {MOST_BYTES // 2**30} GB. We read only its first part. Send fewer files."
            )
        if self.files < 0:
            raise TooMuchError(f"This file holds over {MOST_FILES:,} files. We read only the first. Send fewer.")
