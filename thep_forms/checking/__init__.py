"""Raw values to a normalised record and its problems. Knows neither PDF nor files."""

from thep_forms.checking.checker import check, check_scan, year_of
from thep_forms.checking.record import Checked, CheckedValue, Contact, Problem

__all__ = ["Checked", "CheckedValue", "Contact", "Problem", "check", "check_scan", "year_of"]
