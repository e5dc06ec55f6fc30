"""Why nothing was read, in the words that the office reads. None holds anything that a file says."""

from __future__ import annotations

MOST_FIELDS = 50_000  # fields and widgets that are read: a file of two thousand schools has fewer

NO_PDF = "This is not a PDF."
NO_CODE = "This is a picture in which we found no page code of the form."
DAMAGED_PICTURE = "This is a picture that cannot be opened."
LARGE_PICTURE = "This is a picture with far more pixels than a page needs. Send a smaller one."
NO_FIELD = "This is form data, and none of its fields is of the form."
DAMAGED_DATA = "This form data is damaged and cannot be read."
LOCKED_BY_CERTIFICATE = "This file is locked with a certificate, a kind of password that only its owner has."
LOCKED = "A password is needed to open this file."
TOO_MANY = f"This PDF has more than {MOST_FIELDS:,} boxes, too many to be read."
NO_FORM = "No box of the form is in this PDF."
NO_FORM_LEFT = "This PDF is damaged and no box of the form was found in it."
NO_ANSWER_LEFT = "This PDF is damaged, and every answer in it looks empty."
MIXED = "The pages of several forms are mixed up in this PDF, so nobody can tell whose they are."
PICTURE = "This is a picture of the form, such as a scan."
NOTHING_ASKED = "A page of the form on which nothing is asked. No page with answers is in this file."
NOTHING_WRITTEN = "A later page of the form, on which nothing is written. No page with answers is in this file."
ILLEGIBLE = "Too little of this page can be made out to read it. Take the picture again, flat and in good light."
PAGE_FAILED = "Page {page} of this file could not be read. Look at it yourself: another return may be on it."
NOT_INSTALLED = "This is a picture of the form. The part of our program that reads pictures is not installed."
NO_CODE_NOT_INSTALLED = (
    "This is a picture in which we found no page code of the form. "
    "The part of our program that knows pages without one is not installed."
)
MISPLACED = "This is the form, but so changed by printing that answers on it cannot be told apart."
UNNAMED = "This is the form, but the file does not say which letters the answers are made of."
CANNOT_BE_READ = "This PDF is damaged and cannot be read."
