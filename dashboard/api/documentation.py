"""/openapi.json and /docs: what the interface offers, read from the code that offers it, without any outside host."""

from typing import Any

from flask import Response, current_app, render_template_string
from flask_smorest import Api

from dashboard.api.endpoints import PREFIX, READABLE, SCOPES, Blueprint, endpoint
from data.webhooks import BACKOFF, KINDS

DOCUMENTATION = Blueprint("documentation", "This documentation")

_PAGE = """<!DOCTYPE html><html lang="zh-CN"><head><meta charset="utf-8"><title>{{ spec.info.title }}</title>
<meta name="viewport" content="width=device-width, initial-scale=1"><style>
body{font:15px/1.6 "Noto Sans SC","Microsoft YaHei","PingFang SC",sans-serif;color:#17212e;background:#f5f7fa;
max-width:62rem;margin:0 auto;padding:1.5rem}
section{background:#fff;border:1px solid #d9e1ea;border-radius:6px;padding:.5rem 1.25rem 1rem;margin:1rem 0}
h1{font-size:1.5rem}h2{font-size:1.1rem;margin:.6rem 0 .2rem}h3{font-size:.95rem;margin:.9rem 0 .2rem}
code,pre{font-family:ui-monospace,Consolas,monospace;font-size:.88em;background:#eef2f6;border-radius:3px}
code{padding:0 .25em}pre{padding:.7rem;overflow:auto}table{border-collapse:collapse;width:100%}
th,td{text-align:left;vertical-align:top;border-bottom:1px solid #e6ecf2;padding:.2rem .6rem .2rem 0;font-size:.92em}
.muted{color:#5a6b7e}.method{font-weight:700;color:#1f6fb2}</style></head><body>
<h1>{{ spec.info.title }} <span class="muted">{{ spec.info.version }}</span></h1>
<p>机器可读：<a href="{{ prefix }}/openapi.json">openapi.json</a>（OpenAPI {{ spec.openapi }}）。</p>
<section><h2>令牌 Tokens</h2><p>安全管理员签发令牌；每次调用附 <code>Authorization: Bearer 令牌</code>。
Tokens are issued by the security administrator and sent as <code>Authorization: Bearer</code>. What a token sees and
sends is narrowed to its region; every call is on record. A system keeps its alerts over a change of token when the
names of its tokens are the same up to an <code>@</code>: <code>pension@2026</code>, <code>pension@2027</code>.</p>
<table>{% for scope, what in scopes.items() %}<tr><td><code>{{ scope }}</code></td><td>{{ what }}</td></tr>
{% endfor %}</table>
<h3>示例 Example</h3><pre>{{ example }}</pre></section>
{% for path, operations in spec.paths.items() %}{% for method, one in operations.items() if method != "parameters" %}
<section id="{{ one.operationId or path }}"><h2><span class="method">{{ method | upper }}</span>
<code>{{ path }}</code></h2>
<p>{{ one["x-summary-zh"] }}<br>{{ one.summary }}
<span class="muted">scope: <code>{{ one["x-scope"] }}</code></span></p>
{% if one.description %}<p class="muted">{{ one.description }}</p>{% endif %}
{% set parameters = (operations.parameters or []) + (one.parameters or []) %}
{% if parameters %}<h3>参数 Parameters</h3><table>{% for p in parameters %}<tr><td><code>{{ p.name }}</code></td>
<td>{{ p.in }}</td><td>{{ shape(p.schema) }}</td><td>{{ p.description or "" }}</td></tr>{% endfor %}</table>{% endif %}
{% if one.requestBody %}<h3>发送 Body</h3>{{ fields(one.requestBody.content["application/json"].schema) }}{% endif %}
<h3>应答 Answers</h3>{% for status, answer in one.responses.items() if status == "200" and answer.content %}
{% for kind, said in answer.content.items() %}{{ fields(said.schema) }}{% endfor %}{% endfor %}
<p class="muted">{{ one.responses | sort | join(", ") }}</p></section>{% endfor %}{% endfor %}
<section><h2>拒绝 Refusals</h2><p>每个错误均为 <code>application/problem+json</code>（RFC 9457），结构相同。
Every refusal has one shape.</p>{{ fields({"$ref": "#/components/schemas/Problem"}) }}
{% for status in (400, 401, 403, 404, 405, 409, 413, 415, 422, 500, 503) %}<a id="problem-{{ status }}"></a>{% endfor %}
</section>
<section id="webhooks"><h2>状态推送 Webhooks</h2>
<p>系统管理员登记地址后，预警状态变化以 POST 推送：编号、种类、状态、时间、编码，不含个人信息。
A registered address is sent every event of an alert as JSON: numbers, kinds, states, times and codes. Answer with a
2xx within 5 seconds; otherwise it is sent again after {{ backoff }} minutes, then given up and shown in the ledger.
A delivery may come twice: drop doubles by <code>X-Mingjing-Delivery</code>. <code>X-Mingjing-Signature:
t=SECONDS,v1=HEX</code> is HMAC-SHA-256 with the webhook's secret over <code>SECONDS.BODY</code>; refuse what does not
match or is older than five minutes. Redirects are not followed.</p><p>{{ kinds | join(", ") }}</p></section>
</body></html>"""
_FIELDS = """<table>{% for name, said, required in rows %}<tr><td><code>{{ name }}</code>{{ "*" if required }}</td>
<td>{{ shape(said) }}</td><td>{{ said.description or "" }}</td></tr>{% endfor %}</table>"""
EXAMPLE = """curl -s https://HOST/api/v1/alerts -H "Authorization: Bearer $TOKEN" \\
  -H "Content-Type: application/json" -d '{"alerts": [{
    "alert_id": "YL-2026-000123", "raised_at": "2026-11-20T09:30:00+08:00",
    "title": "死亡后仍领取养老金，是否冒领？请核查", "title_en": "Pension drawn after death: suspected?",
    "source": "养老金发放监督模块", "level": "red", "amount": 3600.0,
    "subject": {"kind": "person", "number": "990101195001011234", "name": "王某"},
    "attributes": {"n_months": 6},
    "evidence": [{"pension.pay_month": "2026-10", "pension.amount": 600}]}]}'"""


@endpoint(DOCUMENTATION, "GET", "/openapi.json", scope=READABLE, zh="本接口的 OpenAPI 3 描述")
def openapi() -> Response:
    """This interface as OpenAPI 3."""
    return current_app.response_class(current_app.json.dumps(specification(), indent=1), mimetype="application/json")


@endpoint(DOCUMENTATION, "GET", "/docs", scope=READABLE, zh="可读的接口文档（本页）", media_type="text/html")
def docs() -> Response:
    """This interface as a page to read."""
    spec = specification()
    page = render_template_string(
        _PAGE, spec=spec, prefix=PREFIX, scopes=SCOPES, example=EXAMPLE, kinds=KINDS, shape=_shape,
        backoff=", ".join(str(int(step.total_seconds() // 60)) for step in BACKOFF),
        fields=lambda schema: _fields(schema, spec),
    )  # fmt: skip
    return Response(page, mimetype="text/html")


def specification() -> dict[str, Any]:
    """The OpenAPI description of what is served."""
    api: Api = current_app.extensions["flask-smorest"]["apis"][""]["ext_obj"]
    described: dict[str, Any] = api.spec.to_dict()
    return described


def _shape(schema: dict[str, Any]) -> str:
    """The type of a value and its bounds, in one line."""
    if "$ref" in schema:
        return str(schema["$ref"].rpartition("/")[2])
    for both in ("anyOf", "oneOf", "allOf"):
        if both in schema:
            return " | ".join(dict.fromkeys(_shape(one) for one in schema[both]))
    kinds = schema.get("type", "")
    said = " | ".join(kinds) if isinstance(kinds, list) else str(kinds)
    if "items" in schema:
        said += f" of {_shape(schema['items'])}"
    if "enum" in schema:
        said += f": {', '.join(str(one) for one in schema['enum'] if one is not None)}"
    bounds = {
        "maxLength": "at most {} characters",
        "minItems": "at least {}",
        "maxItems": "at most {}",
        "minimum": "from {}",
        "maximum": "to {}",
        "format": "{}",
    }
    return ", ".join([said, *(words.format(schema[key]) for key, words in bounds.items() if key in schema)])


def _fields(schema: dict[str, Any], spec: dict[str, Any]) -> Any:
    from markupsafe import Markup

    rows = list(_rows(schema, spec, "", 0))
    return Markup(render_template_string(_FIELDS, rows=rows, shape=_shape))  # noqa: S704  (the template escapes)


def _rows(schema: dict[str, Any], spec: dict[str, Any], prefix: str, depth: int) -> Any:
    schema = _resolved(schema, spec)
    for name, said in schema.get("properties", {}).items():
        yield f"{prefix}{name}", said, name in schema.get("required", [])
        inner = said.get("items", said)
        if depth < 3 and _resolved(inner, spec).get("properties"):
            mark = f"{prefix}{name}[]." if "items" in said else f"{prefix}{name}."
            yield from _rows(inner, spec, mark, depth + 1)


def _resolved(schema: dict[str, Any], spec: dict[str, Any]) -> dict[str, Any]:
    if "$ref" in schema:
        found: dict[str, Any] = spec["components"]["schemas"][schema["$ref"].rpartition("/")[2]]
        return found
    either = next((one for both in ("anyOf", "allOf", "oneOf") for one in schema.get(both, []) if "$ref" in one), None)
    return _resolved(either, spec) if either else schema
