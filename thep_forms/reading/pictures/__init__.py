"""Forms on pictures: photographs, scans and faxes, in files of their own or on the pages of a PDF."""
