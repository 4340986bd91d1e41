"""Why a recording can not be used, in a form to count by and in words for people."""

from recsys_assets.core.errors import DataFaultError


class UnusableRecordingError(DataFaultError):
    """One file can not be analysed; the others are not touched.

    Attributes:
        reason: a word to count by, such as ``truncated``.
        detail: found, expected, what to do.
    """

    def __init__(self, reason: str, detail: str) -> None:
        super().__init__(f"{reason}: {detail}")
        self.reason = reason
        self.detail = detail

    def __reduce__(self) -> tuple[type["UnusableRecordingError"], tuple[str, str]]:
        """Cross a process border with both parts."""
        return type(self), (self.reason, self.detail)
