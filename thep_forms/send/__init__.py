"""Forms and reminders to the schools by e-mail: who gets which, drafts, SMTP, what was sent when. Knows no PDF."""

from thep_forms.office.plan import Plan, members_named, parcels, plan_forms, plan_reminders
from thep_forms.send.messages import Parcel, draft, message, shown
from thep_forms.send.post_office import Delivery, PostOffice
from thep_forms.send.smtp import IMPLICIT_TLS, DeliveryOutcome, Server, ServerReply

__all__ = [
    "IMPLICIT_TLS",
    "Delivery",
    "DeliveryOutcome",
    "Parcel",
    "Plan",
    "PostOffice",
    "Server",
    "ServerReply",
    "draft",
    "members_named",
    "message",
    "parcels",
    "plan_forms",
    "plan_reminders",
    "shown",
]
