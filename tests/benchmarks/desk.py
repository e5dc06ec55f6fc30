"""How long the desk takes to show its pages and what was decided: python -m tests.benchmarks.desk 1000 25000

Milliseconds by the clock, from the request to the last byte, without the browser: the median, and what 95 of 100 stay
under. To read the file anew after a decision counts for the page after it. Run it on a quiet machine.
"""

from __future__ import annotations

import re
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from urllib.parse import urlencode

from tests.benchmarks.opening import filled
from tests.desk.test_desk_access import Client
from thep_forms.definition import Definitions, MembershipYear
from thep_forms.desk.server import running_desk
from thep_forms.records import Records, Returned, open_for_reading
from thep_forms.records.opening import bring_up_to_date

SIZES = (1000, 25_000)
PAGES, DECISIONS = 40, 20
WORST = 0.95


def milliseconds(ask: Callable[[], object]) -> float:
    start = time.perf_counter()
    ask()
    return 1000 * (time.perf_counter() - start)


def shown(times: Sequence[float]) -> str:
    worst = sorted(times)[int(WORST * (len(times) - 1))]
    return f"{statistics.median(times):>9.0f}{worst:>7.0f}"


def decided(client: Client, return_id: str, number: int) -> tuple[float, float, float]:
    """How long a correction takes, and the page of its return after it, and the first page after that."""
    path = f"/returns/{return_id}"
    page = client.get(path).body.decode()
    token, state = (re.findall(rf'name="{name}" value="(\w+)"', page)[0] for name in ("token", "state"))
    fields = {"token": token, "state": state, "why": "measured", "answer:main_contact_name": f"Jo Ali {number}"}
    headers = {"Origin": client.origin, **client.jar}
    act = milliseconds(lambda: client.ask("POST", f"{path}/correct", urlencode(fields), **headers))
    return act, milliseconds(lambda: client.get(path)), milliseconds(lambda: client.get("/"))


def measured(client: Client, accepted: Sequence[Returned]) -> list[str]:
    first = milliseconds(lambda: client.get("/"))
    returns = [f"/returns/{each.return_id}" for each in accepted]
    schools = [f"/schools/{each.dfe_number.replace('/', '-')}" for each in accepted]
    cells = [f"{first:>16.0f}"]
    for group in (["/"], returns, schools, ["/schools"]):
        addresses = (group * PAGES)[:PAGES]
        cells.append(shown([milliseconds(partial(client.get, address)) for address in addresses]))
    acts = [decided(client, each.return_id, number) for number, each in enumerate(accepted[:DECISIONS])]
    return [*cells, *map(shown, zip(*acts, strict=True))]


def main() -> None:
    definitions = Definitions(None, MembershipYear(2026))
    columns = ("first page", "to do", "return", "school", "schools", "decide", "then return", "then to do")
    print(f"{'returns':>8}", *(f"{column:>16}" for column in columns))
    for size in [int(word) for word in sys.argv[1:]] or SIZES:
        with tempfile.TemporaryDirectory() as name:
            records = Path(name) / "records"
            filled(records, 0, size, definitions)
            bring_up_to_date(records, definitions)
            with open_for_reading(records, definitions) as ledger:
                accepted = list(Records(ledger, definitions).accepted())[:PAGES]
            with running_desk(records, lambda: definitions) as running:
                cells = measured(Client(running), accepted)
            print(f"{size:>8}", *cells)


if __name__ == "__main__":
    main()
