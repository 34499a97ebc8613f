# SPDX-License-Identifier: BSD-2-Clause
# A web application of three services: each answer has a count that the cache keeps and a row of the database.
import http.server
import json
import os
import signal
import socket
import struct
import sys
import threading

VERSION = os.environ.get("VERSION", "1")


def count():
    with socket.create_connection(("cache", 6379), 5) as cache:
        cache.sendall(b"*2\r\n$4\r\nINCR\r\n$1\r\nn\r\n")
        return int(cache.makefile("rb").readline()[1:])


def message(stream):
    kind, size = struct.unpack("!cI", stream.read(5))
    return kind, stream.read(size - 4)


def row(number):
    """One value of the database, by its own protocol."""
    with socket.create_connection(("db", 5432), 5) as db:
        stream = db.makefile("rb")
        start = b"\0\3\0\0user\0postgres\0database\0postgres\0\0"
        db.sendall(struct.pack("!I", len(start) + 4) + start)
        while message(stream)[0] != b"Z":
            pass
        query = b"SELECT value FROM item WHERE id = %d\0" % number
        db.sendall(struct.pack("!cI", b"Q", len(query) + 4) + query)
        value = None
        while True:
            kind, body = message(stream)
            if kind == b"D":
                value = body[6:].decode()
            elif kind == b"E":
                raise OSError(body)
            elif kind == b"Z":
                return value


class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        try:
            number = int(self.path[1:] or 0)
            text = json.dumps({"version": VERSION, "n": count(), "row": row(number)}).encode()
            self.send_response(200)
        except (OSError, ValueError) as error:
            text = repr(error).encode()
            self.send_response(503)
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text)

    def log_message(self, *args):
        pass


class Server(http.server.ThreadingHTTPServer):
    request_queue_size = 128
    daemon_threads = False


if sys.argv[1:] == ["check"]:
    with socket.create_connection(("127.0.0.1", 8080), 2) as web:
        web.sendall(b"GET /1 HTTP/1.0\r\n\r\n")
        sys.exit(b" 200 " not in web.makefile("rb").readline())
server = Server(("", 8080), Handler)
# what was accepted is answered before it ends
signal.signal(signal.SIGTERM, lambda *_: threading.Thread(target=server.shutdown).start())
server.serve_forever()
server.server_close()
