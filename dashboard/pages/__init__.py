"""The pages. Each module has `register(app)`: it files its address with `dash.register_page` and adds its callbacks.

Pages are registered by call and not by import, so that a test can make an app, and read a page's logic, at will.
"""

import importlib
import pkgutil

from dash import Dash


def register_pages(app: Dash) -> None:
    """Register every page of this folder with `app`."""
    for found in pkgutil.iter_modules(__path__):
        importlib.import_module(f"{__name__}.{found.name}").register(app)
