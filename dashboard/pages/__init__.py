"""The pages. Each module has `register(app)`: it files its address with `dash.register_page` and adds its callbacks.

Pages are registered by call and not by import, so that a test can make an app, and read a page's logic, at will.
"""

import importlib
import logging
import pkgutil
from collections.abc import Callable
from functools import wraps
from typing import Any

import dash
from dash import Dash, html

from dashboard import shell
from data.errors import MingjingError

_LOG = logging.getLogger("mingjing.dashboard")
Layout = Callable[..., html.Div]


def register_pages(app: Dash) -> None:
    """Register every page of this folder with `app`."""
    for found in pkgutil.iter_modules(__path__):
        importlib.import_module(f"{__name__}.{found.name}").register(app)
    for page in dash.page_registry.values():
        page["layout"] = shielded(page["layout"])


def shielded(layout: Layout) -> Layout:
    """The same layout, which says in a sentence what it cannot show instead of leaving the skeleton standing."""

    @wraps(layout)
    def shown(**query: Any) -> html.Div:
        try:
            return layout(**query)
        except MingjingError as error:
            return shell.refusal(str(error), shell.language_of(query.get("lang")))
        except Exception as error:
            _LOG.error("page failed", exc_info=error)
            return shell.message("shell.failed_title", "shell.failed", shell.language_of(query.get("lang")))

    return shown
