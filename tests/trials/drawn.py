"""Compare the quick reader of printed pages with pdfminer: python -m tests.trials.drawn 1000 [SEED]

It reads so many flattened returns, whose contents and fonts are changed at random. It prints how many
pages both read alike, how many were left to pdfminer, and how many differ. Files with pages that differ are kept in the
folder `drawn`.
"""

from __future__ import annotations

import logging
import random
import sys
from collections import Counter
from pathlib import Path

from tests.benchmarks.returns import typed
from tests.support.drawn_pages import WITH_BOXES, differences, plain_pages, with_changed_contents
from tests.support.printers import FLATTENED, PRINTED, watermarked


def bases(count: int) -> list[bytes]:
    """Returns, flattened by each program and printed in each way."""
    found: list[bytes] = []
    for number, pdf in enumerate(typed(count)):
        for flattened in FLATTENED.values():
            flat = flattened(pdf)
            found += [flat, [*PRINTED.values()][number % len(PRINTED)](flat)]
    return [*found, watermarked(found[0], "COPY")]


def main(count: int, seed: int) -> None:
    logging.disable(logging.CRITICAL)
    counts: Counter[str] = Counter()
    originals = bases(6)
    for number in range(count):
        chosen = random.Random(f"{seed} {number}")
        data = originals[number] if number < len(originals) else chosen.choice(originals)
        if number >= len(originals):
            data = with_changed_contents(data, chosen)
        found = [*differences(data)]
        plain = plain_pages(data)
        counts["alike"] += len(plain) - len(found)
        counts["left to pdfminer"] += len(WITH_BOXES) - len(plain)
        for page, what in found:
            counts[f"differ: {what}"] += 1
            folder = Path("drawn")
            folder.mkdir(exist_ok=True)
            (folder / f"{seed}-{number}-{page}.pdf").write_bytes(data)
    for what, pages in counts.most_common():
        print(f"{pages:8} {what}")


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]) if len(sys.argv) > 2 else 1)
