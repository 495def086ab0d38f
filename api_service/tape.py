"""The order in which events are told, where a lower number may become visible after a higher one."""

from collections.abc import Iterable

GAP_SECONDS = 2.0


class Tape:
    """Tells each event once, as soon as it is seen, and knows from where on a listener must ask again.

    A number is drawn before its transaction commits, so it may appear late, or never when the transaction is
    rolled back. A gap is given up only when every transaction that could fill it has ended.
    """

    def __init__(self, mark: int) -> None:
        self.mark = mark  # every number up to here was seen or never comes
        self._seen: set[int] = set()
        self._missed_since: dict[int, float] = {}
        self._filled_before: dict[int, int] = {}

    def take(self, numbers: Iterable[int], *, oldest: int, following: int, now: float) -> list[int]:
        """Those of the numbers that were not seen before.

        Args:
            numbers: what can be seen above the mark.
            oldest: transactions before this one had ended before the numbers were read.
            following: the first transaction that had not begun then.
            now: a monotonic clock, in seconds.
        """
        fresh = sorted(number for number in set(numbers) - self._seen if number > self.mark)
        self._seen.update(fresh)
        self._look_at_gaps(oldest, following, now)
        while self.mark + 1 in self._seen:
            self.mark += 1
            self._seen.discard(self.mark)
        return fresh

    def _look_at_gaps(self, oldest: int, following: int, now: float) -> None:
        highest = max(self._seen, default=self.mark)
        for number in range(self.mark + 1, highest):
            if number in self._seen:
                self._forget(number)
                continue
            # Whoever drew the number has shown itself by now, and has ended if it is older than `oldest`.
            is_old = now - self._missed_since.setdefault(number, now) >= GAP_SECONDS
            if is_old and oldest >= self._filled_before.setdefault(number, following):
                self._forget(number)
                self._seen.add(number)

    def _forget(self, number: int) -> None:
        self._missed_since.pop(number, None)
        self._filled_before.pop(number, None)
