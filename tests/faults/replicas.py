"""Replicas behind a balancer that passes connections on to whoever listens."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from itertools import count
from pathlib import Path

import httpx

ROOT = Path(__file__).parents[2]


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class Replica:
    """A process that serves the router on a port of its own."""

    def __init__(self, url: str) -> None:
        self.port = free_port()
        paths = os.pathsep.join([str(ROOT / "src"), str(ROOT)])
        self.process = subprocess.Popen(
            [sys.executable, "-W", "ignore", "-m", "tests.faults.replica", url, str(self.port)],
            cwd=ROOT,
            env=os.environ | {"PYTHONPATH": paths},
        )

    def wait_until_there(self) -> None:
        deadline = time.monotonic() + 60
        while True:
            with suppress(OSError), socket.create_connection(("127.0.0.1", self.port), 1):
                return
            assert self.process.poll() is None, "the replica ended"
            assert time.monotonic() < deadline, "the replica does not listen"
            time.sleep(0.05)

    def end(self) -> int:
        """Ask it to end, as an operator's restart does; its exit code."""
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(timeout=30)


class Balancer:
    """Each new connection goes to the next replica that takes it."""

    def __init__(self) -> None:
        self.replicas: list[Replica] = []
        self._listening = socket.create_server(("127.0.0.1", 0))
        self.port = int(self._listening.getsockname()[1])
        self._turn = 0
        threading.Thread(target=self._accept, daemon=True).start()

    def close(self) -> None:
        self._listening.close()

    def _accept(self) -> None:
        while True:
            try:
                near, _ = self._listening.accept()
            except OSError:
                return
            far = self._next()
            if far is None:
                near.close()
                continue
            for source, sink in ((near, far), (far, near)):
                threading.Thread(target=_pass, args=(source, sink), daemon=True).start()

    def _next(self) -> socket.socket | None:
        replicas = list(self.replicas)
        for _ in replicas:
            self._turn += 1
            port = replicas[self._turn % len(replicas)].port
            with suppress(OSError):
                return socket.create_connection(("127.0.0.1", port), 1)
        return None


def told_while(balancer: Balancer, work: Callable[[], object]) -> tuple[list[str], list[str]]:
    """Two senders tell of contacts without a break, a second longer than the work takes.

    What was acknowledged, and what broke off: after that a sender goes on with a new one.
    """
    ended = threading.Event()
    told: list[str] = []
    failed: list[str] = []

    def tell(sender: int) -> None:
        with httpx.Client(base_url=f"http://127.0.0.1:{balancer.port}", timeout=20) as client:
            for n in count():
                if ended.is_set():
                    return
                contact = {"pool": "calls", "source": "pbx", "channel": "phone"}
                contact["external_id"] = f"{sender}/{n}"
                try:
                    found = client.post("/api/v1/contacts", json=contact)
                    found.raise_for_status()
                except httpx.HTTPError as error:
                    failed.append(repr(error))
                else:
                    told.append(contact["external_id"])

    senders = [threading.Thread(target=tell, args=(n,), daemon=True) for n in range(2)]
    for one in senders:
        one.start()
    try:
        time.sleep(0.5)
        work()
        time.sleep(1)
    finally:
        ended.set()
        for one in senders:
            one.join()
    return told, failed


def _pass(source: socket.socket, sink: socket.socket) -> None:
    with suppress(OSError):
        while chunk := source.recv(65536):
            sink.sendall(chunk)
    with suppress(OSError):
        sink.shutdown(socket.SHUT_WR)
