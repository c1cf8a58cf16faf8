"""The topics that somebody wants, each under a number that frames bear in place of its name."""

from collections.abc import Collection, Iterator


class Wanted(Collection[str]):
    """Topics in the order in which they came. `version` changes with them.

    A number is given again when its topic is gone. Memory: a name and a number a topic, and as many as were wanted at
    once at most.
    """

    def __init__(self, topics: Collection[str] = ()) -> None:
        self.version = 0
        self.numbers: dict[str, int] = {}  # bounded: the topics of the connected clients
        # By number; "" where it is free.
        self.names: list[str] = []  # bounded: as many topics as were wanted at once
        self.encoded: list[bytes] = []  # bounded: as many topics as were wanted at once
        self._free: list[int] = []  # bounded: as many topics as were wanted at once
        for topic in topics:
            self.add(topic)

    def __contains__(self, topic: object) -> bool:
        return topic in self.numbers

    def __iter__(self) -> Iterator[str]:
        return iter(self.numbers)

    def __len__(self) -> int:
        return len(self.numbers)

    def add(self, topic: str) -> int:
        """*topic* is wanted from now on; gives its number."""
        number = self.numbers.get(topic)
        if number is not None:
            return number
        self.version += 1
        if self._free:
            number = self._free.pop()
            self.names[number], self.encoded[number] = topic, topic.encode()
        else:
            number = len(self.names)
            self.names.append(topic)
            self.encoded.append(topic.encode())
        self.numbers[topic] = number
        return number

    def drop(self, topic: str) -> None:
        """*topic* is wanted no longer."""
        number = self.numbers.pop(topic)
        self.names[number], self.encoded[number] = "", b""
        self._free.append(number)
        self.version += 1
