"""What is worked out from the records: once, where a program keeps them in memory."""

from __future__ import annotations

from collections.abc import Callable, Collection, Hashable
from typing import Any, Self, TypeVar

from thep_forms.records.returned import Returned

T = TypeVar("T")


class WorkedOutOnce:
    """Keeps what was worked out, as nothing writes to a ledger that is kept. Before `_keep`, it keeps nothing.

    The key of what is worked out has all that it depends on besides the ledger, such as the year.
    """

    def __init__(self) -> None:
        self._is_kept = False
        self._worked_out: dict[Hashable, Any] = {}
        self._worked_out_of: dict[str, dict[Hashable, Any]] = {}  # by the id of the return that it is about
        self._renewable: set[Hashable] = set()  # the keys of what can be renewed
        self._before: dict[Hashable, tuple[Any, set[str]]] = {}  # what was worked out before changes, not yet renewed

    def _keep(self, before: Self | None, reached: Collection[str]) -> None:
        """Keep what is worked out from now on, and of `before` what a change leaves or lets be renewed.

        `reached` are the ids of the returns that the change can reach.
        """
        self._is_kept = True
        if before:
            self._worked_out_of = before._worked_out_of
            for return_id in reached:
                self._worked_out_of.pop(return_id, None)
            self._before = before._to_renew(reached)

    def _to_renew(self, reached: Collection[str]) -> dict[Hashable, tuple[Any, set[str]]]:
        """What was worked out and can be renewed, each with the returns that changes have reached since."""
        found = {key: (earlier, since | set(reached)) for key, (earlier, since) in self._before.items()}
        for key in self._renewable & self._worked_out.keys():
            found[key] = (self._worked_out[key], set(reached))
        return found

    def once(self, key: Hashable, work_out: Callable[[], T]) -> T:
        """What `work_out` gives."""
        if not self._is_kept:
            return work_out()
        if key not in self._worked_out:
            self._worked_out[key] = work_out()
        found: T = self._worked_out[key]
        return found

    def once_renewed(self, key: Hashable, work_out: Callable[[], T], renew: Callable[[T, Collection[str]], T]) -> T:
        """The same; after a change, what `renew` makes of what it was before and the ids of the returns reached.

        Lists, and e-mails to schools, are as they were before. `renew` may change what it is given.
        """
        self._renewable.add(key)
        if key not in self._before:
            return self.once(key, work_out)
        earlier, reached = self._before.pop(key)
        return self.once(key, lambda: renew(earlier, reached))

    def once_of(self, entry: Returned, key: Hashable, work_out: Callable[[], T]) -> T:
        """What `work_out` gives about a return. It is worked out again once a change reaches the return.

        It may depend on the return, what it is related to (`deciding/related.py`), the lists and what was sent.
        """
        if not self._is_kept:
            return work_out()
        known = self._worked_out_of.setdefault(entry.return_id, {})
        if key not in known:
            known[key] = work_out()
        found: T = known[key]
        return found
