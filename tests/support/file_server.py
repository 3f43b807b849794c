"""An HTTP server on loopback that hands out one file, well or badly."""

from __future__ import annotations

import http.server
import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field


@dataclass
class FileServer:
    """`cut_after` breaks each connection after so many bytes of body; `ranges` says whether Range is understood.

    `range_shift` makes it send another part than it was asked for.
    """

    content: bytes
    cut_after: int | None = None
    ranges: bool = True
    status: int | None = None
    redirect: str | None = None
    range_shift: int = 0
    asked: list[str] = field(default_factory=list)
    url: str = ""


@contextmanager
def serving(server: FileServer) -> Iterator[FileServer]:
    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            server.asked.append(self.headers.get("Range", ""))
            if server.redirect is not None or server.status is not None:
                self.send_response(server.status or 302)
                if server.redirect is not None:
                    self.send_header("Location", server.redirect)
                self.send_header("Content-Length", "0")
                self.end_headers()
                return
            wanted = re.fullmatch(r"bytes=(\d+)-", self.headers.get("Range", "")) if server.ranges else None
            begin = int(wanted[1]) if wanted else 0
            body = server.content[begin:]
            if wanted and not body:
                self.send_response(416)
                self.send_header("Content-Length", "0")
                self.end_headers()
                return
            self.send_response(206 if wanted else 200)
            if wanted:
                self.send_header(
                    "Content-Range",
                    f"bytes {begin + server.range_shift}-{len(server.content) - 1}/{len(server.content)}",
                )
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body if server.cut_after is None else body[: server.cut_after])
            self.close_connection = True

        def log_message(self, *_: object) -> None:
            return

    listening = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=listening.serve_forever, args=(0.02,))
    thread.start()
    server.url = f"http://127.0.0.1:{listening.server_port}/voice.pth"
    try:
        yield server
    finally:
        listening.shutdown()
        thread.join()
        listening.server_close()
