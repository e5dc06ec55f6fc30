"""Reading: the bytes of a returned file to answers by field name. What an answer means is not known here.

`read.read_file` reads a file. Here are the types of what it gives, which every room uses and which load quickly.
"""

from thep_forms.reading.model import NOT_READ, Answer, Doubt, FileKind, Note, PagePlace, ReadFrom, Reading

__all__ = ["NOT_READ", "Answer", "Doubt", "FileKind", "Note", "PagePlace", "ReadFrom", "Reading"]
