"""One tree of errors.

Every message names its subject (a paper, a file, a setting) and, where there is one, the remedy.
The rim turns foreign exceptions into these at once; whatever is not a ``RibaoError`` is a bug and
crashes loudly.
"""

from __future__ import annotations


class RibaoError(Exception):
    """The root: everything that ribao itself says has gone wrong."""


class UsageError(RibaoError):
    """The command was called in a way that makes no sense (exit code 2)."""


class ConfigError(RibaoError):
    """The settings are wrong. Holds every problem at once, each with its setting's name."""

    def __init__(self, *problems: str) -> None:
        super().__init__(*problems)
        self.problems = problems

    def __str__(self) -> str:
        return "\n".join(self.problems)


class StoreError(RibaoError):
    """The archive cannot be opened, read or written; nothing of it was changed."""


class StepError(RibaoError):
    """One step failed for one subject; the rest of the day goes on.

    ``subject`` is what it happened to (a paper's id, a day, a file), ``message`` says what
    happened and how to mend it. ``transient`` tells whether asking again may help.
    """

    step = "step"

    def __init__(
        self,
        subject: str,
        message: str,
        *,
        transient: bool = False,
        retry_after: float | None = None,
    ) -> None:
        # All of it goes to super().__init__, or the exception does not pickle.
        super().__init__(subject, message, transient, retry_after)
        self.subject = subject
        self.message = message
        self.transient = transient
        self.retry_after = retry_after

    def __reduce__(self) -> tuple[object, ...]:
        """Rebuild from the same arguments, keyword ones included."""
        return (
            _rebuild,
            (type(self), self.subject, self.message, self.transient, self.retry_after),
        )

    def __str__(self) -> str:
        cause = f": {self.__cause__}" if self.__cause__ and str(self.__cause__) else ""
        return f"{self.step}: {self.subject}: {self.message}{cause}"


def _rebuild(
    kind: type[StepError], subject: str, message: str, transient: bool, retry_after: float | None
) -> StepError:
    return kind(subject, message, transient=transient, retry_after=retry_after)


class SourceError(StepError):
    """The day's list could not be had."""

    step = "collect"


class NotPublishedError(SourceError):
    """The day has no list (weekend, holiday, not yet out). Expected; no alarm."""


class BadPayloadError(SourceError):
    """An answer or a file that is none of the shapes the list ever had."""


class EngineError(StepError):
    """The language model could not be asked, or what it said cannot be used."""

    step = "translate"


class BusyError(EngineError):
    """Overloaded, rate-limited, timed out or cut off: asking again may help."""


class DeniedError(EngineError):
    """The key, the account, the address or the model's name is wrong: nobody else need be asked."""


class NoEngineError(DeniedError):
    """An engine cannot be had at all (a key, a library, weights): nobody was asked."""


class RefusedError(EngineError):
    """The engine will not translate this one paper (its content filter said no)."""


class BadReplyError(EngineError):
    """The reply is not the translation that was asked for.

    ``kind`` and ``given`` are the same as a finding's: pages tell it in their own language.
    """

    def __init__(
        self, subject: str, message: str, *, kind: str = "", given: tuple[str, ...] = ()
    ) -> None:
        super().__init__(subject, message)
        self.kind = kind
        self.given = given

    def __reduce__(self) -> tuple[object, ...]:
        """Rebuild with what pages tell."""
        return _rebuild_bad_reply, (self.subject, self.message, self.kind, self.given)


def _rebuild_bad_reply(
    subject: str, message: str, kind: str, given: tuple[str, ...]
) -> BadReplyError:
    return BadReplyError(subject, message, kind=kind, given=given)


class RenderError(StepError):
    """An artifact could not be made or written."""

    step = "render"


class VoiceError(StepError):
    """A segment could not be spoken, or what was heard is not its text."""

    step = "speak"


class NoVoiceError(VoiceError):
    """A voice cannot be used at all (a library, weights, a key, a language): nothing need be tried.

    The next voice is asked instead.
    """


class WeightsError(StepError):
    """A file of weights cannot be had, or is not what its digest says."""

    step = "weights"
