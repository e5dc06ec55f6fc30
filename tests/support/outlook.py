"""Makes Outlook messages (.msg), as no library writes them.

Storages are dicts and streams are bytes, laid out as a compound file of version 3 ([MS-CFB]); the properties of a
message are those of [MS-OXMSG] that the program reads.
"""

from __future__ import annotations

import struct
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Union

Storage = dict[str, Union[bytes, "Storage"]]

SECTOR, MINI, CUT_OFF = 512, 64, 4096
END, FREE, IS_TABLE, NONE = 0xFFFFFFFE, 0xFFFFFFFF, 0xFFFFFFFD, 0xFFFFFFFF


def message(
    subject: str, sent: datetime | None, attachments: Sequence[Storage], html: str = "", header: int = 32
) -> Storage:
    """A message. `header` is 24 bytes for one that is attached to another."""
    properties: dict[tuple[int, int], bytes] = {(0x0037, 0x001F): subject.encode("utf-16-le")}
    if html:
        properties[0x1013, 0x0102] = html.encode()
    if sent:
        ticks = int((sent - datetime(1601, 1, 1, tzinfo=UTC)).total_seconds()) * 10**7
        properties[0x0039, 0x0040] = struct.pack("<Q", ticks)
    counts = struct.pack("<8xIIII8x", 0, len(attachments), 0, len(attachments))
    storage = _properties(counts[:header], properties)
    for n, attachment in enumerate(attachments):
        storage[f"__attach_version1.0_#{n:08X}"] = attachment
    return storage


def attachment(name: str, data: bytes, kind: str = "", content_id: str = "") -> Storage:
    """An attached file. `kind` is its content type."""
    properties = {(0x3701, 0x0102): data, (0x3705, 0x0003): struct.pack("<Q", 1)}
    for number, value in ((0x3707, name), (0x370E, kind), (0x3712, content_id)):
        if value:
            properties[number, 0x001F] = value.encode("utf-16-le")
    return _properties(bytes(8), properties)


def attached_message(inner: Storage) -> Storage:
    """An attachment that is a message."""
    return _properties(bytes(8), {(0x3705, 0x0003): struct.pack("<Q", 5)}) | {"__substg1.0_3701000D": inner}


def attached_link(name: str) -> Storage:
    """An attachment that is only a link to a file on the web."""
    return _properties(bytes(8), {(0x3705, 0x0003): struct.pack("<Q", 7), (0x3707, 0x001F): name.encode("utf-16-le")})


def _properties(header: bytes, properties: dict[tuple[int, int], bytes]) -> Storage:
    """The list of properties, which holds those of a fixed size, and a stream for each of the others."""
    storage: Storage = {}
    entries = header
    for (number, kind), value in properties.items():
        is_fixed = kind in (0x0003, 0x0040)
        if not is_fixed:
            storage[f"__substg1.0_{number:04X}{kind:04X}"] = value
        entries += struct.pack("<HHI", kind, number, 6) + (value if is_fixed else struct.pack("<Q", len(value)))
    return storage | {"__properties_version1.0": entries}


def compound(root: Storage) -> bytes:
    """The compound file of a storage."""
    entries: list[list[object]] = []  # name, type, left, right, child, start, size
    sectors, minis = bytearray(), bytearray()
    table, mini_table = [], []

    def chain(data: bytes, into: bytearray, size: int, links: list[int]) -> int:
        first, count = len(links), -(-len(data) // size)
        into.extend(data.ljust(count * size, b"\0"))
        links.extend([*range(first + 1, first + count), END] if count else [])
        return first if count else END

    def add(name: str, content: bytes | Storage) -> int:
        at = len(entries)
        entries.append([name, 1, NONE, NONE, NONE, 0, 0])
        if isinstance(content, bytes):
            small = len(content) < CUT_OFF
            start = chain(content, minis, MINI, mini_table) if small else chain(content, sectors, SECTOR, table)
            entries[at][1], entries[at][5:] = 2, [start, len(content)]
        else:
            names = sorted(content, key=lambda child: (len(child), child.upper()))
            entries[at][4] = tree([add(child, content[child]) for child in names])
        return at

    def tree(ids: list[int]) -> int:
        if not ids:
            return NONE
        middle = len(ids) // 2
        entries[ids[middle]][2:4] = [tree(ids[:middle]), tree(ids[middle + 1 :])]
        return ids[middle]

    add("Root Entry", root)
    entries[0][1] = 5
    entries[0][5:] = [chain(bytes(minis), sectors, SECTOR, table), len(minis)]
    mini_start = chain(struct.pack(f"<{len(mini_table)}I", *mini_table), sectors, SECTOR, table)
    mini_count = -(-len(mini_table) * 4 // SECTOR)
    directory = b"".join(_entry(*entry) for entry in entries)
    directory_start = chain(directory, sectors, SECTOR, table)
    count = 1
    while count * SECTOR // 4 < len(table) + count:
        count += 1
    tables = list(range(len(table), len(table) + count))
    table += [IS_TABLE] * count
    table += [FREE] * (count * SECTOR // 4 - len(table))
    assert count <= 109
    head = struct.pack(
        "<8s16xHHHHH6xIIIIIIIII",
        b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1",
        0x3E,
        3,
        0xFFFE,
        9,
        6,
        *(0, count, directory_start, 0, CUT_OFF),
        *(mini_start, mini_count, END, 0),
    )
    head += struct.pack("<109I", *tables, *[FREE] * (109 - count))
    return head + bytes(sectors) + struct.pack(f"<{len(table)}I", *table)


def _entry(name: str, kind: int, left: int, right: int, child: int, start: int, size: int) -> bytes:
    wide = name.encode("utf-16-le")
    black = 1
    return struct.pack("<64sHBBIII16xI16xIQ", wide, len(wide) + 2, kind, black, left, right, child, 0, start, size)
