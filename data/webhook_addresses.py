"""Where a webhook may be sent: to the address an administrator entered, over HTTP, within a deadline, nowhere else.

The receivers stand on the intranet, so private addresses are what is expected. What is refused are the addresses by
which a request could be turned against the machine it leaves from: link-local ones and those of cloud metadata. Names
are judged by the address that the connection really has, before a byte is sent, so that a name which changes its
address between look-up and sending is judged too. Redirects are not followed and no proxy of the environment is used.
"""

import socket
from collections.abc import Mapping
from contextlib import suppress
from ipaddress import IPv6Address, ip_address
from threading import Timer
from typing import Any
from urllib.parse import urlsplit

import requests
from requests.adapters import HTTPAdapter
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.poolmanager import PoolManager

from data.errors import InputRefused

TIMEOUT_SECONDS = 5
"""For connecting and answering together."""
LONGEST = 300
_METADATA = frozenset({"100.100.100.200", "168.63.129.16", "fd00:ec2::254"})
"""Metadata services of clouds that are not link-local; those at 169.254.169.254 are."""


class AddressRefused(requests.RequestException):
    """A connection that came out at an address webhooks are not sent to."""


def check_address(url: str) -> str:
    """The address as it will be used. Raises InputRefused, saying what is wrong with it."""
    fault = _fault(url)
    if fault:
        raise InputRefused(
            f"The webhook's address cannot be used: {fault[0]}; expected http:// or https://, a host and a path, of at "
            f"most {LONGEST} characters, such as https://10.1.2.3/mingjing. Mend it.",
            f"推送地址不可用：{fault[1]}；应为 http:// 或 https:// 加主机和路径，不超过 {LONGEST} 个字符，请改正。",
        )
    return url


def _fault(url: str) -> tuple[str, str] | None:
    if len(url) > LONGEST or not url.isascii() or not url.isprintable() or " " in url:
        return "it is too long or has characters that no address has", "过长或含有非法字符"
    try:
        parts = urlsplit(url)
        port_known = parts.port != 0
    except ValueError:
        return "its host or port cannot be read", "主机或端口无法识别"
    if parts.scheme not in ("http", "https") or not parts.hostname or not port_known:
        return "it does not name a host over HTTP", "不是 HTTP 主机"
    if parts.username is not None or parts.password is not None or parts.fragment:
        return "it carries a user, a password or a fragment", "含有用户名、口令或片段"
    if _is_disguised(parts.hostname):
        return "its host is a number that is not written in full", "主机是未按四段数字书写的地址，如 10.1.2.3"
    if is_refused(parts.hostname):
        return "link-local and metadata addresses are refused", "不允许链路本地地址或元数据地址"
    return None


def _is_disguised(host: str) -> bool:
    """Whether a host is an address in one number, in few or in hexadecimal ones, which reads as a name."""
    try:
        ip_address(host)
    except ValueError:
        with suppress(OSError):
            return bool(socket.inet_aton(host))
    return False


def is_refused(host: str) -> bool:
    """Whether an address of numbers is one that webhooks are never sent to; False for a name."""
    try:
        address = ip_address(host.split("%")[0])
    except ValueError:
        return False
    if isinstance(address, IPv6Address) and address.ipv4_mapped:
        return is_refused(str(address.ipv4_mapped))
    if address.is_loopback:
        # This machine, by either of its names; the receiver may stand on it.
        return False
    special = address.is_link_local or address.is_multicast or address.is_unspecified or address.is_reserved
    return special or str(address) in _METADATA


class _Guarded:
    """A connection that looks whom it reached before it says anything, and is cut at its deadline."""

    sock: Any
    _timer: Timer | None = None

    def _new_conn(self) -> socket.socket:
        reached: socket.socket = super()._new_conn()  # type: ignore[misc]
        if is_refused(reached.getpeername()[0]):
            reached.close()
            raise AddressRefused("link-local and metadata addresses are refused")
        # A timeout of the socket starts anew with every byte; a receiver that drips would hold the worker for ever.
        self._timer = Timer(TIMEOUT_SECONDS, self._cut)
        self._timer.daemon = True
        self._timer.start()
        return reached

    def _cut(self) -> None:
        with suppress(OSError):
            if self.sock is not None:
                self.sock.shutdown(socket.SHUT_RDWR)

    def close(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
        super().close()  # type: ignore[misc]


class _Connection(_Guarded, HTTPConnection):
    pass


class _SecureConnection(_Guarded, HTTPSConnection):
    pass


class _Pool(HTTPConnectionPool):
    ConnectionCls = _Connection


class _SecurePool(HTTPSConnectionPool):
    ConnectionCls = _SecureConnection


class _Adapter(HTTPAdapter):
    def init_poolmanager(self, *arguments: Any, **more: Any) -> None:
        super().init_poolmanager(*arguments, **more)
        manager: PoolManager = self.poolmanager
        manager.pool_classes_by_scheme = {"http": _Pool, "https": _SecurePool}


def post(url: str, body: bytes, headers: Mapping[str, str]) -> int:
    """Post once and give the status of the answer, whose body is not read.

    Raises requests.RequestException where no answer came within the deadline.
    """
    with requests.Session() as session:
        session.trust_env = False
        for scheme in ("http://", "https://"):
            session.mount(scheme, _Adapter())
        with session.post(
            url, data=body, headers=dict(headers), timeout=TIMEOUT_SECONDS, allow_redirects=False, stream=True
        ) as answer:
            return answer.status_code
