"""The pages. Each module has `register(app)`: it files its address with `dash.register_page` and adds its callbacks.

Pages are registered by call and not by import, so that a test can make an app, and read a page's logic, at will.
"""

import importlib
import logging
import pkgutil
import re
from collections.abc import Callable
from functools import wraps
from typing import Any

import dash
from dash import Dash, Input, State, html

from dashboard import shell
from data.errors import MingjingError

_LOG = logging.getLogger("mingjing.dashboard")
Layout = Callable[..., html.Div]
ROUTED: dict[str, Input | State] = {"address": State("_pages_location", "pathname")}
"""What every layout is told besides its query: the path, which alone says what an address stands for."""


def register_pages(app: Dash) -> None:
    """Register every page of this folder with `app`."""
    for found in pkgutil.iter_modules(__path__):
        importlib.import_module(f"{__name__}.{found.name}").register(app)
    for page in dash.page_registry.values():
        page["layout"] = shielded(page["layout"], page["path_template"])


def shielded(layout: Layout, template: str | None = None) -> Layout:
    """The same layout, which says in a sentence what it cannot show instead of leaving the skeleton standing.

    Variables of the path `template` are taken from the path; a query of the same name does not replace them.
    """

    @wraps(layout)
    def shown(address: str | None = None, **query: Any) -> html.Div:
        query |= _variables(template or "", address)
        try:
            return layout(**query)
        except MingjingError as error:
            return shell.refusal(str(error), shell.language_of(query.get("lang")))
        except Exception as error:
            _LOG.error("page failed", exc_info=error)
            return shell.message("shell.failed_title", shell.failure_key(error), shell.language_of(query.get("lang")))

    return shown


def _variables(template: str, address: str | None) -> dict[str, str]:
    pattern = re.sub(r"<(\w+)>", r"(?P<\1>.+)", template)
    found = re.fullmatch(pattern, f"/{address.strip('/')}") if isinstance(address, str) else None
    return found.groupdict() if found else {}
