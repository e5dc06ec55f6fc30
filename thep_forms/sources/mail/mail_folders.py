"""Tells the kind of messages by the folder or label they lie in, and by the flags of a Maildir."""

from __future__ import annotations

import binascii
import re
from collections.abc import Iterable

from thep_forms.sources.model import MessageKind
from thep_forms.sources.names import without_accents

# Names of folders and labels: English, German, French, Spanish, Italian, Portuguese, Dutch, Polish.
_SENT_NAMES = (
    *("sent", "sent items", "sentitems", "sent mail", "sent messages", "sent-mail", "outbox"),
    *("gesendet", "gesendete elemente", "gesendete objekte", "gesendete nachrichten"),
    *("gesendete e-mails", "gesendete mails", "postausgang"),
    *("envoyés", "messages envoyés", "éléments envoyés", "courrier envoyé", "objets envoyés", "e-mails envoyés"),
    *("courriels envoyés", "boîte d'envoi"),
    *("enviado", "enviados", "elementos enviados", "mensajes enviados", "correo enviado", "correos enviados"),
    *("bandeja de salida", "inviata", "inviati", "inviate", "posta inviata", "messaggi inviati", "elementi inviati"),
    *("posta in uscita", "elementi in uscita"),
    *("enviadas", "itens enviados", "mensagens enviadas", "e-mails enviados", "correio enviado", "caixa de saída"),
    *("verzonden", "verzonden items", "verzonden berichten", "verzonden objecten", "postvak uit"),
    *("wysłane", "elementy wysłane", "wiadomości wysłane", "wysłane wiadomości", "skrzynka nadawcza"),
)
_DRAFT_NAMES = (
    *("draft", "drafts", "unsent messages", "entwurf", "entwürfe", "brouillon", "brouillons", "borrador", "borradores"),
    *("bozza", "bozze", "rascunho", "rascunhos", "concepten", "wersje robocze", "robocze", "kopie robocze", "szkice"),
)
_INBOX_NAMES = (
    *("inbox", "posteingang", "boîte de réception", "recibidos", "bandeja de entrada", "posta in arrivo"),
    *("caixa de entrada", "postvak in", "odebrane", "skrzynka odbiorcza"),
)
_DISCARDED_NAMES = (
    *(
        "trash",
        "bin",
        "deleted",
        "deleted items",
        "deleteditems",
        "deleted messages",
        "spam",
        "junk",
        "junk email",
        "junk e-mail",
    ),
    *("junk mail", "bulk mail", "recoverable items"),
    *("papierkorb", "gelöscht", "gelöschte elemente", "gelöschte objekte", "gelöschte nachrichten", "junk-e-mail"),
    *("unerwünscht", "unerwünschte werbung", "spamverdacht", "müll"),
    *("corbeille", "éléments supprimés", "messages supprimés", "supprimés", "poubelle", "courrier indésirable"),
    *("indésirables", "indésirable", "pourriel", "pourriels"),
    *("papelera", "papelera de reciclaje", "eliminados", "elementos eliminados", "mensajes eliminados", "basura"),
    *("correo no deseado", "correo basura", "no deseado"),
    *("cestino", "posta eliminata", "elementi eliminati", "messaggi eliminati", "eliminati", "posta indesiderata"),
    *("indesiderata", "lixo", "lixeira", "itens excluídos", "itens eliminados", "mensagens excluídas"),
    *("lixo eletrônico", "lixo eletrónico", "lixo electrónico", "correio eletrónico não solicitado"),
    *("prullenbak", "prullenmand", "verwijderd", "verwijderde items", "verwijderde berichten", "ongewenste e-mail"),
    *("ongewenste reclame", "ongewenst"),
    *("kosz", "elementy usunięte", "usunięte", "wiadomości usunięte", "wiadomości-śmieci", "śmieci", "niechciane"),
)


def _words(name: str) -> str:
    """The name with blanks in the place of hyphens and underscores, which some exports write for them."""
    return re.sub(r"[\s_-]+", " ", without_accents(name)).strip()


_SENT = frozenset(map(_words, _SENT_NAMES))
_DRAFTS = frozenset(map(_words, _DRAFT_NAMES))
_INBOX = frozenset(map(_words, _INBOX_NAMES))
_DISCARDED = frozenset(map(_words, _DISCARDED_NAMES))

_ENDING = re.compile(r"(?:\.(?:mbox|mbx|mbs|sbd|zip))+\Z")
_ADDED = re.compile(r"(?:[ _-]*(?:\d+|\([^()]*\)))+\Z")  # the number or the day of a copy, or an account in brackets
_ENCODED = re.compile(r"&([A-Za-z0-9+,]*)-")  # in names of IMAP folders (RFC 3501, 5.1.3)
# Windows and archives write another character than the colon.
_IN_MAILDIR = re.compile(r"(?:\A|/)cur/[^/]*[:;!_-]2,([A-Za-z]*)\Z")


def kind_of_place(source: str) -> MessageKind:
    """The kind of the message in the file at that path, by the folders on the way, and by its flags in a Maildir.

    A flag `T` says that the message was deleted, `D` that it is a draft.
    """
    folder, _, _ = source.rpartition("/")
    maildir = _IN_MAILDIR.search(source)
    flags = maildir[1] if maildir else ""
    kind = kind_of_names(folder.split("/"))
    if "T" in flags or kind is MessageKind.DISCARDED:
        return MessageKind.DISCARDED
    return MessageKind.OUTGOING if "D" in flags else kind


def kind_of_names(names: Iterable[str]) -> MessageKind:
    """The kind of the messages below folders with these names."""
    plain = set(map(_plain_name, names))
    if not plain.isdisjoint(_DISCARDED):
        return MessageKind.DISCARDED
    return MessageKind.ORDINARY if plain.isdisjoint(_SENT | _DRAFTS) else MessageKind.OUTGOING


def kind_of_labels(labels: Iterable[str], *, was_delivered: bool) -> MessageKind:
    """The kind of a message with these labels of Gmail. `was_delivered`: its headers say that it came to this mailbox.

    Gmail calls a message both received and sent that somebody sent to himself, or to a group that he is in. Then the
    labels tell nothing, and its sender decides.
    """
    names = list(labels)
    kind, plain = kind_of_names(names), set(map(_plain_name, names))
    was_received = was_delivered or not plain.isdisjoint(_INBOX)
    is_only_sent = kind is MessageKind.OUTGOING and plain.isdisjoint(_DRAFTS)
    return MessageKind.ORDINARY if is_only_sent and was_received else kind


def is_for_drafts(name: str) -> bool:
    """Whether drafts lie in a folder of that name, which may be in modified UTF-7."""
    return _plain_name(name) in _DRAFTS


def _plain_name(name: str) -> str:
    """The name without capitals, accents, ending, number, hyphens and underscores.

    In a Maildir, it follows the last dot: `.INBOX.Sent`.
    """
    lower = without_accents(decode_folder(name)).strip().strip("\"'")
    if lower.startswith((".", "inbox.", "[gmail].", "[google mail].")):
        lower = lower.rpartition(".")[2]
    return _words(_ADDED.sub("", _ENDING.sub("", lower)))


def decode_folder(name: str) -> str:
    """The name of a folder that is in modified UTF-7 (RFC 3501, 5.1.3). Anything else stays as it is."""
    return _ENCODED.sub(_decoded, name)


def _decoded(encoded: re.Match[str]) -> str:
    """The letters that stand in a modified UTF-7; the text as it is where it is none."""
    letters = encoded[1].replace(",", "/")
    try:
        return binascii.a2b_base64(letters + "=" * (-len(letters) % 4)).decode("utf-16-be") if letters else "&"
    except ValueError:
        return encoded[0]
