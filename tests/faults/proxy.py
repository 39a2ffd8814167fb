"""A network that can be cut: bytes between a router and the database pass, or wait."""

from __future__ import annotations

import socket
import threading
from contextlib import suppress
from urllib.parse import parse_qs, urlsplit, urlunsplit


class Proxy:
    """Listens on a port of its own and passes everything on to a database's socket."""

    def __init__(self, url: str) -> None:
        parts = urlsplit(url)
        (folder,) = parse_qs(parts.query)["host"]
        self._target = f"{folder}/.s.PGSQL.{parse_qs(parts.query).get('port', ['5432'])[0]}"
        self._listening = socket.create_server(("127.0.0.1", 0))
        self._passes = threading.Event()
        self._passes.set()
        port = self._listening.getsockname()[1]
        user = f"{parts.username}@" if parts.username else ""
        self.url = urlunsplit(
            (
                "postgresql",
                f"{user}127.0.0.1:{port}",
                parts.path,
                "sslmode=disable&gssencmode=disable",
                "",
            )
        )
        threading.Thread(target=self._accept, daemon=True).start()

    def cut(self) -> None:
        """From now on nothing passes, and nobody is told."""
        self._passes.clear()

    def mend(self) -> None:
        """What waited goes on."""
        self._passes.set()

    def close(self) -> None:
        self.mend()
        self._listening.close()

    def _accept(self) -> None:
        while True:
            try:
                near, _ = self._listening.accept()
            except OSError:
                return
            threading.Thread(target=self._join, args=(near,), daemon=True).start()

    def _join(self, near: socket.socket) -> None:
        far = socket.socket(socket.AF_UNIX)
        try:
            self._passes.wait()
            far.connect(self._target)
        except OSError:  # the database is down just now
            near.close()
            return
        for source, sink in ((near, far), (far, near)):
            threading.Thread(target=self._pass, args=(source, sink), daemon=True).start()

    def _pass(self, source: socket.socket, sink: socket.socket) -> None:
        with suppress(OSError):
            while chunk := source.recv(65536):
                self._passes.wait()
                sink.sendall(chunk)
        for one in (source, sink):
            with suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)
