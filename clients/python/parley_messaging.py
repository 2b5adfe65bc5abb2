"""Reads and publishes messages of Parley topics, across restarts and broken connections.

Copy this file and parley_errors.py into your program. Both work on the stubs of
gen/python:

    channel = open_channel("127.0.0.1:8080")
    messages = message_service_pb2_grpc.MessageServiceStub(channel)
    Publisher(messages, "orders").publish(["two coffees"])
    for delivery in Subscription(messages, "orders"):
        print(delivery.message or delivery.gap)

What is retried and when it is resumed is logged to the logger "parley".
"""

import contextlib
import logging
import random
import threading
import time
import uuid
from typing import NamedTuple, Optional

import grpc
from google.protobuf import duration_pb2

from parley.messaging.v1 import message_pb2, position_pb2, publish_pb2, read_pb2
from parley_errors import describe, details, retry_delay

MAX_BATCH = 1000  # messages; the contract's limit
MAX_BATCH_BYTES = 1 << 20  # of a batch of more than one message; well below what a server accepts
DEFAULT_HEARTBEAT = 15.0  # seconds; the contract's default

_FIRST_PAUSE, _LONGEST_PAUSE = 0.1, 5.0  # seconds
_ON_THE_WAY = (grpc.StatusCode.UNAVAILABLE, grpc.StatusCode.DEADLINE_EXCEEDED, grpc.StatusCode.CANCELLED,
               grpc.StatusCode.INTERNAL, grpc.StatusCode.UNKNOWN)
_log = logging.getLogger("parley")


def open_channel(server, credentials=None):
    """Returns a gRPC channel to HOST:PORT that reconnects fast.

    gRPC waits up to two minutes between attempts by itself; here the callers do
    the waiting. With credentials, from grpc.ssl_channel_credentials(), it uses TLS.
    """
    options = [("grpc.initial_reconnect_backoff_ms", 100), ("grpc.max_reconnect_backoff_ms", 1000)]
    if credentials is None:
        channel = grpc.insecure_channel(server, options)
    else:
        channel = grpc.secure_channel(server, credentials, options)
    # While it has no call, gRPC goes on with a connection only every 5 s, and calls that
    # fail at once do not wait for it: a server that is back stayed away for 15 s. Who
    # watches the channel keeps it going.
    channel.subscribe(lambda _: None)
    return channel


def retryable(error):
    """Reports whether the same call may succeed later.

    An error without a Parley reason comes from the way: a connection that broke or
    was never made, or a proxy that cut a stream. Whether a publish that failed so
    took effect is open: its ids make the retry safe.
    """
    if retry_delay(error) is not None:
        return True
    reason, _ = details(error)
    if reason:
        return error.code() is grpc.StatusCode.UNAVAILABLE or reason in ("TOKEN_EXPIRED", "DEADLINE_EXCEEDED")
    return error.code() in _ON_THE_WAY


def pause_before(attempt, error):
    """Returns how many seconds to wait before a retry; attempt counts from 0.

    error is the grpc.RpcError that makes it necessary, None where there is none.

    The server's own wish comes first. Otherwise the pause doubles up to 5 s. Both
    are random in part, so that clients do not come back all at once.
    """
    asked = error and retry_delay(error)
    if asked:
        return asked * random.uniform(1, 1.5)
    return min(_FIRST_PAUSE * 2 ** min(attempt, 10), _LONGEST_PAUSE) * random.uniform(0.5, 1)


class Delivery(NamedTuple):
    """One message or one gap, and the place after it.

    A gap says which messages the reader should have got and cannot get any more,
    and why. Store the cursor together with what you made of the message.
    """

    message: Optional[message_pb2.Message]
    gap: Optional[position_pb2.Gap]
    cursor: position_pb2.Cursor


class Subscription:
    """Iterates over the deliveries of a topic, over as many streams as it takes.

    start is a parley.messaging.v1.Start; default: the oldest message stored. To
    resume, give the last cursor: Start(after=cursor). keys selects messages by key.
    With stop_at_head the iteration ends at what was the newest message when the
    stream began; without it, it goes on with what is published until close().

    heartbeat is in seconds, 1 to 300. After twice as long without any response the
    stream counts as dead, and a new one is started.

    A stream that breaks, or ends though nobody asked it to, is resumed after the last
    response, and a server that cannot be
    reached is tried for ever, or for give_up_after seconds. Errors that a retry
    would only repeat, such as a topic that does not exist, are raised as the
    grpc.RpcError they are. Iterate once, in one thread.
    """

    def __init__(self, messages, topic, start=None, keys=(), stop_at_head=False,
                 heartbeat=DEFAULT_HEARTBEAT, give_up_after=None):
        interval = duration_pb2.Duration()
        interval.FromNanoseconds(int(heartbeat * 1e9))
        self.cursor = None  # after the last delivery that was handled; also moved by heartbeats
        self._messages, self._heartbeat, self._give_up_after = messages, heartbeat, give_up_after
        self._request = read_pb2.SubscribeRequest(
            topic=topic, start=start, keys=keys, stop_at_head=stop_at_head, heartbeat_interval=interval)
        self._closed = threading.Event()
        self._call = None

    def close(self):
        """Ends the iteration. Any thread may call it, more than once; a signal handler starts a thread for it.

        Call it before the channel is closed: where an exception leaves the loop while a
        call begins, as KeyboardInterrupt can, gRPC may wait for that call for ever.
        """
        self._closed.set()
        call = self._call
        if call is not None:
            call.cancel()

    def __iter__(self):
        attempt, heard = 0, time.monotonic()
        while not self._closed.is_set():
            watch, began, error = _Watch(2 * self._heartbeat), time.monotonic(), None
            try:
                with contextlib.closing(self._stream(watch)) as responses:
                    for response in responses:
                        heard = time.monotonic()
                        if response.messages or response.HasField("gap"):
                            attempt = 0
                        yield from self._deliver(response)
                if self._request.stop_at_head:
                    return
            except grpc.RpcError as failed:
                error = failed
            if self._closed.is_set():
                return
            now = time.monotonic()
            late = self._give_up_after is not None and now - heard > self._give_up_after
            if error is not None and (late or not retryable(error)):
                raise error
            if now - began > _LONGEST_PAUSE:
                attempt = 0
            pause = pause_before(attempt, error)
            _log.warning("%s; %s in %.1f s", watch.verdict() or _cause(error), self._next(), pause)
            attempt += 1
            self._closed.wait(pause)

    def _stream(self, watch):
        """Yields the responses of one call. The watch cancels a silent one."""
        if self.cursor is not None:
            self._request.start.CopyFrom(position_pb2.Start(after=self.cursor))
        call = self._call = self._messages.Subscribe(self._request)
        if self._closed.is_set():  # close() came before there was a call to cancel
            call.cancel()
        watch.start(call)
        try:
            while True:
                try:
                    with watch:
                        response = next(call)
                except StopIteration:
                    return
                if response.HasField("heartbeat_interval"):
                    watch.patience = 2 * response.heartbeat_interval.ToNanoseconds() / 1e9
                yield response
        finally:
            call.cancel()
            watch.stop()

    def _deliver(self, response):
        """Yields what a response carries and moves the cursor past what is handled."""
        if response.HasField("gap"):
            after = position_pb2.Cursor(epoch=response.cursor.epoch, sequence=response.gap.resumed_at - 1)
            yield Delivery(None, response.gap, after)
            self.cursor = after
        for message in response.messages:
            after = position_pb2.Cursor(epoch=response.cursor.epoch, sequence=message.sequence)
            yield Delivery(message, None, after)
            self.cursor = after
            if self._closed.is_set():
                return
        self.cursor = response.cursor

    def _next(self):
        return "trying again" if self.cursor is None else f"going on after sequence {self.cursor.sequence}"


def _cause(error):
    return describe(error) if error is not None else "the stream was ended"


class _Watch:
    """Cancels a call from which nothing comes while its reader waits in a with block."""

    def __init__(self, patience):
        self.patience = patience  # seconds
        self._since = None  # when the wait began; None while the reader does other things
        self._fired = False
        self._stopped = threading.Event()
        self._thread = None

    def start(self, call):
        self._thread = threading.Thread(target=self._run, args=(call,), daemon=True)
        self._thread.start()

    def stop(self):
        self._stopped.set()
        self._thread.join()

    def verdict(self):
        return f"nothing came for {self.patience:g} s" if self._fired else ""

    def __enter__(self):
        self._since = time.monotonic()

    def __exit__(self, *_):
        self._since = None

    def _run(self, call):
        while not self._stopped.wait(self.patience / 8):
            since = self._since
            if since is not None and time.monotonic() - since > self.patience:
                self._fired = True
                call.cancel()
                return


class Publisher:
    """Publishes to one topic, in batches, and repeats a batch until it has its receipt.

    Each message without an id is sent with one, so that a repeated batch is stored
    once; the caller's Message stays as it is. To publish the same messages again
    after an exception, give them ids of your own. It holds for as long as the topic
    remembers ids: keep give_up_after, in seconds, below the topic's
    deduplication_window (default 10 minutes). In a topic whose window is 0 a repeated
    batch can be stored twice. attempt_timeout bounds each attempt, in seconds.

    Any number of threads may use one publisher. Order is that within one call of
    publish, and of calls that follow each other.
    """

    def __init__(self, messages, topic, max_batch=MAX_BATCH, give_up_after=300.0, attempt_timeout=10.0):
        self._messages, self._topic, self._max_batch = messages, topic, max_batch
        self._give_up_after, self._attempt_timeout = give_up_after, attempt_timeout

    def publish(self, contents):
        """Publishes texts, bytes or Messages, and returns the sequence of each."""
        return [sequence for batch, receipt in self.receipts(contents) for sequence in sequences(receipt, len(batch))]

    def receipts(self, contents):
        """Publishes as publish does, and yields (batch, receipt) as batches become durable.

        For long or endless input: it takes one batch at a time. If it raises, the
        messages of the batches before are stored, the one in flight perhaps.
        """
        for batch in self._batches(contents):
            yield batch, self._store(batch)

    def _batches(self, contents):
        batch, size = [], 0
        for content in contents:
            message = _message(content)
            bytes_more = message.ByteSize()
            if batch and (len(batch) == self._max_batch or size + bytes_more > MAX_BATCH_BYTES):
                yield batch
                batch, size = [], 0
            batch.append(message)
            size += bytes_more
        if batch:
            yield batch

    def _store(self, batch):
        request = publish_pb2.PublishRequest(topic=self._topic, messages=batch)
        began, attempt = time.monotonic(), 0
        while True:
            try:
                return self._messages.Publish(request, timeout=self._attempt_timeout).receipt
            except grpc.RpcError as error:
                pause = pause_before(attempt, error)
                if not retryable(error) or time.monotonic() + pause - began > self._give_up_after:
                    raise
                _log.warning("%s; publishing the same ids again in %.1f s", describe(error), pause)
            attempt += 1
            time.sleep(pause)


def sequences(receipt, count):
    """Returns the sequence of each of the count messages that a receipt acknowledges."""
    known = {duplicate.index: duplicate.sequence for duplicate in receipt.duplicates}
    found, new = [], receipt.first_sequence
    for index in range(count):
        found.append(known.get(index, new))
        new += index not in known
    return found


def _message(content):
    """Returns a text, bytes or a copy of a Message as a Message that has an id."""
    if isinstance(content, str):
        message = message_pb2.Message(text=content)
    elif isinstance(content, bytes):
        message = message_pb2.Message(data=content)
    else:
        message = message_pb2.Message()
        message.CopyFrom(content)
    if not message.id:
        message.id = uuid.uuid4().hex
    return message
