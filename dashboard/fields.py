"""Forms: fields whose draft the browser keeps, buttons that send a deed, dialogs for what is not the next step.

assets/41-alert.js reads the `data-` attributes: a form is what carries `data-form`; its fields carry `data-field`; a
button with `data-deed` sends the form; `data-open` and `data-close` are for dialogs. Ctrl+Enter presses the visible
`data-primary` button of the form one is in.
"""

from collections.abc import Sequence
from typing import Any

from dash import dcc, html

from dashboard.words import say


def _data(**marks: object) -> dict[str, Any]:
    return {f"data-{name.rstrip('_').replace('_', '-')}": value for name, value in marks.items() if value is not None}


def form(name: str, children: Any, *, private: bool = False, style: str = "") -> html.Div:
    """A form; a `private` one leaves no draft on the machine."""
    marks = _data(form=name, private="yes" if private else None)
    return html.Div(children, className=f"form {style}".strip(), **marks)


def text(
    of: str, name: str, label: str, *, hint: str = "", value: str | None = None, unit: str = "", kind: str = "text"
) -> html.Div:
    """A line to write on. `kind`: text, date or amount."""
    box = dcc.Input(id=f"{of}-{name}", type="text", value=value, className="field", autoComplete="off")
    line = html.Div([box, html.Span(unit, className="muted") if unit else None], className=f"line line-{kind}")
    return _labelled(of, name, label, line, hint=hint, kind=kind)


def writing(of: str, name: str, label: str, *, hint: str = "", value: str | None = None, most: int = 2000) -> html.Div:
    """Room for some sentences."""
    return _labelled(
        of, name, label, dcc.Textarea(id=f"{of}-{name}", value=value, maxLength=most, className="field note"), hint=hint
    )


def choice(of: str, name: str, label: str, options: Sequence[tuple[str, str]], *, hint: str = "") -> html.Div:
    """One of many, by a list that opens; the first is chosen."""
    listed = [html.Option(words, value=value) for value, words in options]
    return _labelled(of, name, label, html.Select(listed, id=f"{of}-{name}", className="field select"), hint=hint)


def radios(
    of: str, name: str, label: str, options: Sequence[dict[str, Any]], *, value: str | None = None, style: str = ""
) -> html.Div:
    """One of a few, all in sight."""
    items = dcc.RadioItems(id=f"{of}-{name}", options=list(options), value=value, className=f"radios {style}".strip())
    return _labelled(of, name, label, items)


def _labelled(of: str, name: str, label: str, control: Any, *, hint: str = "", kind: str = "") -> html.Div:
    # A group of radios has no one control that a label could be for.
    named = isinstance(control, dcc.RadioItems)
    words: Any = (
        html.Div(label, className="label") if named else html.Label(label, htmlFor=f"{of}-{name}", className="label")
    )
    parts = [words if label else None, control, html.P(hint, className="muted small") if hint else None]
    marks = _data(field=name, control=f"{of}-{name}", label=label, kind=kind or None)
    return html.Div(parts, className="field-box", **marks)


def send(
    deed: str, label: str, *, refused: str | None = None, main: bool = True, big: bool = False, primary: bool = True,
    named: str = "", **values: object,
) -> html.Div:  # fmt: skip
    """A button that does a deed with the fields of its form; where it is refused it says why and cannot be pressed."""
    look = ("button-main" if main else "button") + (" big" if big else "")
    own: dict[str, Any] = {"id": named} if named else {}
    button = html.Button(
        label, type="button", className=look, disabled=refused is not None, **own,
        **_data(deed=deed, primary="yes" if primary and refused is None else None, **values),
    )  # fmt: skip
    return html.Div([button, html.P(refused, className="refused small") if refused else None], className="send")


def opener(dialog_name: str, label: str, *, refused: str | None = None, main: bool = False) -> html.Div:
    """A quiet button that opens a dialog, or the `main` one; where the deed is refused it says why."""
    button = html.Button(
        label,
        type="button",
        className="button-main big" if main else "button quiet",
        disabled=refused is not None,
        **_data(open=f"dialog-{dialog_name}"),
    )
    return html.Div([button, html.P(refused, className="refused small") if refused else None], className="send")


def asked_again(
    deed: str, label: str, warning: str, language: str, *, named: str, refused: str | None = None
) -> html.Div:
    """A form's main button where its deed ends the matter: it opens a window that says what will happen, and asks.

    The window stands within the form, so that its button sends the form's fields. `named`: id of the button; that of
    the one that sends has `-sure` behind it.
    """
    name = f"dialog-{named}"
    button = html.Button(
        label, id=named, type="button", className="button-main big", disabled=refused is not None,
        **_data(open=name, primary="yes" if refused is None else None),
    )  # fmt: skip
    away = html.Button(say("steps.cancel", language), type="button", className="button", **_data(close="yes"))
    sure = send(deed, label, refused=refused, primary=False, named=f"{named}-sure")
    spoken: dict[str, Any] = {"aria-labelledby": f"{name}-title"}
    content = [
        html.H2(label, id=f"{name}-title"),
        html.P(warning),
        html.Div([away, sure], className="dialog-buttons"),
    ]
    window = html.Dialog(content, id=name, className="dialog", **spoken)
    return html.Div([button, html.P(refused, className="refused small") if refused else window], className="send")


def dialog(
    name: str,
    title: str,
    children: Sequence[Any],
    button: Any,
    language: str,
    *,
    private: bool = False,
    notice: str = "",
) -> html.Dialog:
    """A form in a window of its own; Esc closes it."""
    away = html.Button(say("steps.cancel", language), type="button", className="button", **_data(close="yes"))
    content = form(
        name,
        [
            html.H2(title, id=f"dialog-{name}-title"),
            html.P(notice, className="error", role="alert") if notice else None,
            *children,
            html.Div([away, button], className="dialog-buttons"),
        ],
        private=private,
    )
    spoken: dict[str, Any] = {"aria-labelledby": f"dialog-{name}-title"}
    return html.Dialog(content, id=f"dialog-{name}", className="dialog", **spoken)
