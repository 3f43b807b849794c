"""A resumable-upload server that keeps nothing: it counts bytes and answers, so that what is measured is the client.

    python -m benchmarks.sink        # prints its address, ends with its input

Speaks as much of YouTube's protocol as an upload needs: POST begins a session, PUT takes a chunk, DELETE is 204.
"""

from __future__ import annotations

import json
import os
import re
import socket
import sys
import threading

_HEAD_LIMIT = 65_536
_BUFFER = 1 << 20


def answer(status: str, body: bytes = b"", *headers: str) -> bytes:
    """An HTTP/1.1 response."""
    lines = [f"HTTP/1.1 {status}", f"Content-Length: {len(body)}", "Content-Type: application/json", *headers]
    return "\r\n".join([*lines, "", ""]).encode() + body


def respond(head: str, url: str) -> bytes:
    """What the protocol says to a request whose body has been read."""
    method = head.split(" ", 1)[0]
    if method == "POST":
        return answer("200 OK", b"", f"Location: {url}/session?upload_id=sink")
    if method == "DELETE":
        return answer("204 No Content")
    asked = re.search(r"(?im)^content-range: *bytes (?:\*|\d+-(\d+))/(\d+)", head)
    if asked is None or asked[1] is None:
        return answer("308 Resume Incomplete")
    last, total = int(asked[1]), int(asked[2])
    if last == total - 1:
        return answer("201 Created", json.dumps({"kind": "youtube#video", "id": "sink"}).encode())
    return answer("308 Resume Incomplete", b"", f"Range: bytes=0-{last}")


def serve(connection: socket.socket, url: str) -> None:
    """One connection, request by request."""
    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    buffer, received = bytearray(_BUFFER), b""
    with connection:
        while True:
            while b"\r\n\r\n" not in received:
                more = connection.recv(_HEAD_LIMIT)
                if not more:
                    return
                received += more
            raw, _, received = received.partition(b"\r\n\r\n")
            head = raw.decode("latin-1")
            length = re.search(r"(?im)^content-length: *(\d+)", head)
            left = int(length[1]) - len(received) if length else 0
            received = b""
            while left > 0:
                count = connection.recv_into(buffer, min(left, _BUFFER))
                if count == 0:
                    return
                left -= count
            connection.sendall(respond(head, url))


def main() -> None:
    listener = socket.create_server(("127.0.0.1", 0))
    url = f"http://127.0.0.1:{listener.getsockname()[1]}"
    sys.stdout.write(f"{url}\n")
    sys.stdout.flush()
    threading.Thread(target=lambda: (sys.stdin.read(), os._exit(0)), daemon=True).start()
    while True:
        connection, _ = listener.accept()
        threading.Thread(target=serve, args=(connection, url), daemon=True).start()


if __name__ == "__main__":
    main()
