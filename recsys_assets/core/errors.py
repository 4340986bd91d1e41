"""The failures that the platform raises on purpose.

Every message says what was found, what was expected and what to do. What may succeed when tried again is a
``SourceUnavailable``; everything else stays broken until somebody acts, and is never retried.
"""


class RecsysError(Exception):
    """Root of all failures raised on purpose; catch it at the edges (command line, asset) only."""


class InvalidArgumentError(RecsysError):
    """A caller asked for something that can not be: a wrong name, date, size or flag (exit code 2)."""


class DataFaultError(RecsysError):
    """Data that was read is not what its contract promises, and no part of it can be used."""


class SchemaMismatchError(DataFaultError):
    """A frame crossing a border lacks columns, or has them with other types, than its schema says."""


class MissingInputError(RecsysError):
    """Something that has to be made first is not there; the message says which and how to make it."""


class VersionMismatchError(DataFaultError):
    """Tables that must agree with each other come from different makings."""


class SourceUnavailableError(RecsysError):
    """Something outside did not answer or was changing under us: trying again may help."""


class SourceRejectedError(RecsysError):
    """Something outside answered, and the answer is no: trying again changes nothing."""
