"""Raw values to a normalised record and its problems. Knows neither PDF nor files.

`checker.check` checks a reading. Here are the types of what it gives, which every room uses and which load quickly.
"""

from thep_forms.checking.record import Checked, CheckedValue, Contact, Problem

__all__ = ["Checked", "CheckedValue", "Contact", "Problem"]
