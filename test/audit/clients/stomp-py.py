"""stomp.py on the errand of docs/conformance.md. `python3 stomp-py.py PORT SECOND_PORT CASE`"""

import json
import os
import sys
import threading
import time
from pathlib import Path

import stomp

QUEUES = os.environ.get("STOMPWIRE_QUEUES", "/queue/")
OUT = f"{QUEUES}out"
port, second, case = int(sys.argv[1]), int(sys.argv[2]), sys.argv[3]
failover = case.startswith("failover.")
hosts = [("127.0.0.1", port)] + ([("127.0.0.1", second)] if failover else [])
connection = stomp.StompConnection10(
    hosts, reconnect_attempts_max=2 * len(hosts), reconnect_sleep_initial=0.05, auto_decode=False, timeout=1
)
over = threading.Event()


def to_hex(text):
    return (text if isinstance(text, bytes) else str(text).encode("utf-8", "surrogateescape")).hex()


class Errand(stomp.ConnectionListener):
    def __init__(self):
        self.waiting = {}

    def on_disconnected(self):
        over.set()

    def on_receipt(self, frame):
        count = self.waiting.pop(frame.headers["receipt-id"], None)
        if count is not None:
            connection.send(OUT, f"confirmed {count}")

    def on_message(self, frame):
        if "message-id" in frame.headers:
            connection.ack(frame.headers["message-id"])
        body = frame.body if isinstance(frame.body, bytes) else frame.body.encode()
        if body == b"receipts":
            for count in (1, 2, 3):
                self.waiting[f"r{count}"] = count
                connection.send(OUT, f"message {count}", receipt=f"r{count}")
        elif body == b"utf8":
            connection.send(OUT, "h\u00e9llo\u20ac")
        elif body == b"nul":
            connection.send(OUT, "a\0b")
        elif body == b"inject":
            try:
                connection.send(OUT, "sent", k="a\nevil:1")
            except Exception:
                connection.send(OUT, "refused")
        elif body.startswith(b"text "):
            connection.send(OUT, Path(body[5:].decode()).read_bytes().decode())
        elif body.startswith(b"bytes "):
            connection.send(OUT, Path(body[6:].decode()).read_bytes())
        elif body == b"bye":
            connection.disconnect()
        else:
            headers = [[to_hex(name), to_hex(value)] for name, value in frame.headers.items()]
            connection.send(OUT, json.dumps({"body": body.hex(), "headers": headers}))


connection.set_listener("errand", Errand())
for attempt in range(2 if failover else 1):
    over.clear()
    try:
        connection.connect("me", "secret", wait=True)
        connection.subscribe(f"{QUEUES}in", ack="client")
    except Exception:
        if not failover:
            raise
        time.sleep(0.05)
        continue
    over.wait()
