"""The pages. Each module has `RIGHT`, what one needs to open it, and `register(app)`: it files its address with
`dash.register_page` and adds its callbacks and routes. `LISTS = True`: its query may name a thing several times.

What a page adds asks for the page's right by itself: `register` is handed an application that sees to it.
Pages are registered by call and not by import, so that a test can make an app, and read a page's logic, at will.
"""

import importlib
import logging
import pkgutil
import re
from collections.abc import Callable
from functools import wraps
from typing import Any, cast

import dash
from dash import Dash, Input, State, html
from flask import Flask

from dashboard import shell
from dashboard.visitor import Right, permit
from data.errors import MingjingError

_LOG = logging.getLogger("mingjing.dashboard")
Layout = Callable[..., html.Div]
ROUTED: dict[str, Input | State] = {"address": State("_pages_location", "pathname")}
"""What every layout is told besides its query: the path, which alone says what an address stands for."""


class PageServer:
    """The Flask application as a page gets it: every route the page adds asks for the page's right."""

    def __init__(self, server: Flask, right: Right, rights: dict[str, Right]) -> None:
        self._server, self._right, self._rights = server, right, rights

    def add_url_rule(self, rule: str, endpoint: str | None = None, view_func: Any = None, **options: Any) -> None:
        """Add a route, closed to those without the right."""
        name = endpoint or view_func.__name__
        self._rights[name] = self._right
        self._server.add_url_rule(rule, name, permitted(view_func, self._right), **options)

    def route(self, rule: str, **options: Any) -> Callable[[Any], Any]:
        """Add a route, as a decorator."""

        def add(view: Any) -> Any:
            self.add_url_rule(rule, options.pop("endpoint", None), view, **options)
            return view

        return add

    def __getattr__(self, name: str) -> Any:
        return getattr(self._server, name)


class PageApp:
    """The application as a page gets it: every callback and route the page adds asks for the page's right."""

    def __init__(self, app: Dash, right: Right) -> None:
        self._app, self._right = app, right
        self.server = PageServer(app.server, right, rights_of(app).routes)

    def callback(self, *outputs: Any, **options: Any) -> Callable[[Any], Any]:
        """Add a callback, closed to those without the right."""
        before = set(self._app.callback_map)
        add = self._app.callback(*outputs, **options)

        def closed(function: Callable[..., Any]) -> Callable[..., Any]:
            kept = add(permitted(function, self._right))
            self._file(before)
            return cast(Callable[..., Any], kept)

        return closed

    def clientside_callback(self, *given: Any, **options: Any) -> None:
        """Add a callback that runs in the browser, which asks nobody for anything."""
        before = set(self._app.callback_map)
        self._app.clientside_callback(*given, **options)  # type: ignore[no-untyped-call]
        self._file(before)

    def _file(self, before: set[str]) -> None:
        for name in set(self._app.callback_map) - before:
            rights_of(self._app).callbacks[name] = self._right

    def __getattr__(self, name: str) -> Any:
        return getattr(self._app, name)


class Rights:
    """What one needs for what the pages of an application added: callbacks by output, routes by endpoint."""

    def __init__(self) -> None:
        self.callbacks: dict[str, Right] = {}
        self.routes: dict[str, Right] = {}


def rights_of(app: Dash) -> Rights:
    """The rights that an application's pages ask for."""
    kept: Rights = app.server.extensions.setdefault("mingjing-rights", Rights())
    return kept


def permitted(function: Callable[..., Any], right: Right) -> Callable[..., Any]:
    """The same function, which refuses a visitor without the right in words."""

    @wraps(function)
    def asked(*args: Any, **options: Any) -> Any:
        permit(right)
        return function(*args, **options)

    return asked


def register_pages(app: Dash) -> None:
    """Register every page of this folder with `app`. A module without RIGHT is an error: nobody could open it."""
    dash.page_registry.clear()
    for found in pkgutil.iter_modules(__path__):
        module = importlib.import_module(f"{__name__}.{found.name}")
        before = set(dash.page_registry)
        module.register(PageApp(app, module.RIGHT))
        for name in set(dash.page_registry) - before:
            page = dash.page_registry[name]
            page["right"] = module.RIGHT
            layout = permitted(page["layout"], module.RIGHT)
            page["layout"] = shielded(layout, page["path_template"], lists=getattr(module, "LISTS", False))


def shielded(layout: Layout, template: str | None = None, *, lists: bool = False) -> Layout:
    """The same layout, which says in a sentence what it cannot show instead of leaving the skeleton standing.

    Variables of the path `template` are taken from the path; a query of the same name does not replace them.
    Of a name that the query repeats the layout is given the first value, but for one that takes `lists`.
    """

    @wraps(layout)
    def shown(address: str | None = None, **query: Any) -> html.Div:
        query = {name: value if lists and name != "lang" else _first(value) for name, value in query.items()}
        query |= _variables(template or "", address)
        language = shell.language_of(query.get("lang"))
        try:
            return layout(**query)
        except MingjingError as error:
            return shell.refusal(error.words(language), language)
        except Exception as error:
            _LOG.error("page failed", exc_info=error)
            return shell.message("shell.failed_title", shell.failure_key(error), language)

    return shown


def _first(value: Any) -> Any:
    return (value[0] if value else "") if isinstance(value, list) else value


def _variables(template: str, address: str | None) -> dict[str, str]:
    pattern = re.sub(r"<(\w+)>", r"(?P<\1>.+)", template)
    found = re.fullmatch(pattern, f"/{address.strip('/')}") if isinstance(address, str) else None
    return found.groupdict() if found else {}
