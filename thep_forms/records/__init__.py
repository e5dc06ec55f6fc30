"""The RECORDS folder: the ledger, every PDF as it came, and the tables written from the ledger."""

from thep_forms.deciding import Arrival, Entry
from thep_forms.records.archive import Archive, dispose
from thep_forms.records.ledger import Ledger, ReadReturn
from thep_forms.records.model import ListedSchool, RefusedAddress, Sent, SentKind, SentState, return_id_of
from thep_forms.records.opening import bring_up_to_date, is_current, open_for_reading, open_for_writing
from thep_forms.records.records import Records
from thep_forms.records.returned import Returned
from thep_forms.records.views import Views

__all__ = [
    "Archive",
    "Arrival",
    "Entry",
    "Ledger",
    "ListedSchool",
    "ReadReturn",
    "Records",
    "RefusedAddress",
    "Returned",
    "Sent",
    "SentKind",
    "SentState",
    "Views",
    "bring_up_to_date",
    "dispose",
    "is_current",
    "open_for_reading",
    "open_for_writing",
    "return_id_of",
]
