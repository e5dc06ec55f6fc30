"""E-mail to schools: the words, drafts, a mail server (SMTP), and notes of what was sent when."""

from thep_forms.send.drafts_folder import DraftsFolder
from thep_forms.send.messages import OutgoingMessage, make_draft, make_email, preview, shown_headers, split_addresses
from thep_forms.send.outbox import BeforePause, Delivery, Outbox, Wait
from thep_forms.send.smtp import DeliveryOutcome, SenderRefusedError, Server, ServerReply
from thep_forms.send.wording import MessageTemplates, MessageText

__all__ = [
    "BeforePause",
    "Delivery",
    "DeliveryOutcome",
    "DraftsFolder",
    "MessageTemplates",
    "MessageText",
    "Outbox",
    "OutgoingMessage",
    "SenderRefusedError",
    "Server",
    "ServerReply",
    "Wait",
    "make_draft",
    "make_email",
    "preview",
    "shown_headers",
    "split_addresses",
]
