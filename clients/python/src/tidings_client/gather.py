"""Gathers messages into batches."""

from .batch import MAX_BODY, Batch, body_length


class Gather:
    """The open batches, one a project. A batch is closed when it is full or has been open long enough."""

    def __init__(self, batch_size):
        self._batch_size = batch_size
        self._open = {}

    def push(self, project, message, now):
        """Adds a message; yields the batches that it closes."""
        held = self._open.get(project)
        if held and body_length(len(held.messages) + 1, held.size + len(message)) > MAX_BODY:
            yield self._seal(project)
        held = self._open.setdefault(project, _Open(now))
        held.messages.append(message)
        held.size += len(message)
        if len(held.messages) >= self._batch_size:
            yield self._seal(project)

    def due(self, now, linger):
        """Yields the batches that have been open for `linger` seconds."""
        for project in [project for project, held in self._open.items() if held.since + linger <= now]:
            yield self._seal(project)

    def next_due(self, linger):
        """Returns when the next batch is due, or None."""
        return min((held.since + linger for held in self._open.values()), default=None)

    def _seal(self, project):
        return Batch.seal(project, self._open.pop(project).messages)


class _Open:
    def __init__(self, since):
        self.since = since
        self.messages = []
        self.size = 0
