"""Who is looking: the signed-in person of this request, and sessions that see and change no more than they may."""

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from contextvars import ContextVar

from flask import g, has_request_context
from sqlalchemy.orm import Session

from data import rights
from data.errors import NotPermitted, SignInRefused
from data.rights import Person

_VISITING: ContextVar[Person | None] = ContextVar("visiting", default=None)


Right = str | tuple[str, ...]
"""A right of `data.rights.RIGHTS`, or several of which one suffices; none at all: every person who is signed in."""


def present() -> Person | None:
    """The person whom this request acts for, if there is one."""
    return _VISITING.get() or (g.get("person") if has_request_context() else None)


def visitor() -> Person:
    """The person whom this request acts for. Raises SignInRefused where nobody is signed in."""
    person = present()
    if person is None:
        raise SignInRefused("Nobody is signed in. Sign in and try again.", "尚未登录，请登录后再试。")
    return person


def permitted(right: Right) -> bool:
    """Whether the visitor has the right, or one of several; nobody has where nobody is signed in."""
    person, wanted = present(), (right,) if isinstance(right, str) else right
    if person is None:
        return False
    return any(person.may(one) for one in wanted) if wanted else not _is_token(person)


def _is_token(person: Person) -> bool:
    return person.code.startswith("token:")


def permit(right: Right) -> None:
    """Raises SignInRefused where nobody is signed in, NotPermitted where the visitor has not the right."""
    person = visitor()
    if permitted(right):
        return
    if not right:
        raise NotPermitted("This is for people who sign in, not for a token.", "仅限登录人员，令牌不可用。")
    person.must(right if isinstance(right, str) else right[0])


@contextmanager
def visiting(person: Person) -> Iterator[None]:
    """Act for `person` while inside; what a request does by itself when somebody is signed in."""
    token = _VISITING.set(person)
    try:
        yield
    finally:
        _VISITING.reset(token)


def seen() -> AbstractContextManager[Session]:
    """A reading session that sees what the visitor may see."""
    return rights.seen_by(visitor())


def acting() -> AbstractContextManager[Session]:
    """A writing session in which the visitor acts."""
    return rights.acting(visitor())
