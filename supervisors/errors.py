"""The error tree of the package.

::

    SupervisorError
     +-- SpecError         a description makes no sense; nothing was started
     +-- StartFailed       a child did not become ready
     +-- Escalated         a supervisor gave up: too many restarts in too short a time
     +-- UnknownChild      no child has that name
     +-- NotRunning        the supervisor is not up, so it takes no orders
     +-- BrokenControl     a line between parent and child is not ours
     +-- MailboxFull       a bounded mailbox refused a message
     +-- MailboxClosed     nobody will read that mailbox again
     +-- ActorStopped      the actor asked is not there any more
     +-- AskTimeout        the actor did not answer in time

Every error has a ``code`` (stable), says whether trying the same again can help
(``retriable``) and what to do about it (``hint``).
"""

from __future__ import annotations


class SupervisorError(Exception):
    """Base of all errors raised here."""

    code = "supervisor"
    retriable = False

    def __init__(
        self,
        message: str,
        *,
        code: str | None = None,
        hint: str = "",
        retriable: bool | None = None,
    ) -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint
        if code is not None:
            self.code = code
        if retriable is not None:
            self.retriable = retriable


class SpecError(SupervisorError):
    """A description of a child or a supervisor contradicts itself or cannot be carried out."""

    code = "bad_spec"


class StartFailed(SupervisorError):
    """A child ended, or ran out of time, before it was ready.

    ``child`` is its path in the tree, ``reason`` its own words, ``code`` its own code when
    its error had one.
    """

    code = "start_failed"

    def __init__(
        self, child: str, reason: str, *, code: str = "", hint: str = "", retriable: bool = True
    ) -> None:
        super().__init__(
            f"{child} did not start: {reason}", code=code or None, hint=hint, retriable=retriable
        )
        self.child = child
        self.reason = reason


class Escalated(SupervisorError):
    """The root gave up: its children failed more often than its intensity allows."""

    code = "escalated"


class UnknownChild(SupervisorError):
    """No child of this supervisor has that path."""

    code = "unknown_child"


class NotRunning(SupervisorError):
    """The supervisor was not started, or is going down, or is down."""

    code = "not_running"


class BrokenControl(SupervisorError):
    """A line on the control channel is too long or not what the protocol allows."""

    code = "broken_control"


class MailboxFull(SupervisorError):
    """The mailbox is full and its policy is to reject."""

    code = "mailbox_full"
    retriable = True


class MailboxClosed(SupervisorError):
    """The mailbox was closed; messages put into it would never be read."""

    code = "mailbox_closed"


class ActorStopped(SupervisorError):
    """The actor stopped, before the message or with the message unanswered."""

    code = "actor_stopped"


class AskTimeout(SupervisorError):
    """The actor did not answer in time.

    Not a :class:`TimeoutError` on purpose: inside ``asyncio.timeout`` blocks and retry loops
    that swallow those, a mute actor would look like an ordinary deadline.
    """

    code = "ask_timeout"
    retriable = True
