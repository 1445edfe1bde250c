"""stomp.py. `python3 stomp-py.py JSON`; see README.md for what goes in and out."""

import json
import resource
import sys
import threading
import time

import stomp

DESTINATION = "/queue/bench.messages"
UNITS = {
    "ascii": b"abcdefghijklmnopqrstuvwxyz0123456789",
    "utf8": "ä€😀.".encode(),
    "binary": bytes([0, 1, 10, 10, 0, 10, 97, 0, 0, 255, 13, 10, 58, 0, 122, 0]),
}


def make_body(kind, size, index):
    unit = UNITS[kind]
    whole = (b"%08d" % index)[:size] + unit * (max(0, size - 8) // len(unit))
    return whole.ljust(size, b".")


class Watch:
    def __init__(self):
        self.started, self.cpu = time.perf_counter(), time.process_time()

    def result(self):
        return {"seconds": time.perf_counter() - self.started, "cpu": time.process_time() - self.cpu}


class Receiver(stomp.ConnectionListener):
    def __init__(self, job):
        self.job, self.warm, self.total = job, job["warm"], job["warm"] + job["count"]
        self.verify, self.per = job.get("verify"), job.get("perBlock", 1)
        self.got = self.bytes = self.next = self.wrong = self.skipped = 0
        self.last, self.watch, self.time = "", Watch(), None
        self.ended = threading.Event()

    def on_message(self, frame):
        if self.got == self.total:
            return
        self.last = frame.headers["message-id"]
        self.bytes += len(frame.body)
        if self.verify:
            self.check(self.last, frame.body)
        self.got += 1
        if self.got == self.warm:
            self.watch = Watch()
        elif self.got == self.total:
            self.time = self.watch.result()
            self.ended.set()

    def check(self, message_id, body):
        index = int(message_id[-8:])
        if index != self.next:
            self.skipped += (index - self.next) % self.per
        if body != make_body(self.job.get("body", "ascii"), self.job["size"], index):
            self.wrong += 1
        self.next = (index + 1) % self.per

    def wait(self):
        limit, before = self.job.get("stalledMs", 5000) / 1000, -1
        while not self.ended.wait(limit):
            if self.got == before:
                return True
            before = self.got
        return False


class Receipts(stomp.ConnectionListener):
    def __init__(self, window):
        self.room = threading.Semaphore(window)

    def on_receipt(self, frame):
        self.room.release()


def receive(connection, job):
    receiver = Receiver(job)
    connection.set_listener("bench", receiver)
    connection.subscribe(DESTINATION, id="0", ack="auto")
    stalled = receiver.wait()
    return {
        **(receiver.time or receiver.watch.result()),
        "frames": receiver.got - receiver.warm,
        "bytes": receiver.bytes,
        "last": receiver.last,
        "stalled": stalled,
        "wrong": receiver.wrong,
        "skipped": receiver.skipped,
        "misrouted": 0,
    }


def send(connection, job):
    body = make_body(job.get("body", "ascii"), job["size"], 0)
    window = job["window"] if job["mode"] == "confirm" else 1
    receipts = Receipts(window)
    connection.set_listener("bench", receipts)

    def wait_for_all():
        for _ in range(window):
            receipts.room.acquire()
        receipts.room.release(window)

    def confirm(count):
        for i in range(count):
            receipts.room.acquire()
            connection.send(DESTINATION, body, receipt=str(i))
        wait_for_all()

    def publish(count):
        for _ in range(count - 1):
            connection.send(DESTINATION, body)
        confirm(1)

    many = confirm if job["mode"] == "confirm" else publish
    many(job["warm"])
    watch = Watch()
    many(job["count"])
    return {**watch.result(), "frames": job["count"]}


def main():
    if sys.argv[1] == "--version":
        print(".".join(map(str, stomp.__version__)))
        return
    job = json.loads(sys.argv[1])
    connection = stomp.Connection10([("127.0.0.1", job["port"])], auto_decode=False)
    connection.connect("bench", "bench", wait=True)
    result = (receive if job["mode"] == "receive" else send)(connection, job)
    result["peakKiB"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    print(json.dumps(result), flush=True)
    import os

    os._exit(0)


main()
