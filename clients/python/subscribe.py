#!/usr/bin/env python3
"""Prints the messages of a Parley topic: what is stored, then what is published."""

import argparse
import logging
import os
import signal
import sys
import threading

import grpc

from parley.messaging.v1 import message_service_pb2_grpc, position_pb2
from parley_errors import describe
from parley_messaging import DEFAULT_HEARTBEAT, Subscription, open_channel


def cursor(text):
    """Parses EPOCH:SEQUENCE."""
    epoch, colon, sequence = text.rpartition(":")
    if not colon or not sequence.isdigit():
        raise argparse.ArgumentTypeError("must be EPOCH:SEQUENCE")
    return position_pb2.Start(after=position_pb2.Cursor(epoch=epoch, sequence=int(sequence)))


def sequence(text):
    return position_pb2.Start(sequence=int(text))


def arguments():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("topic")
    start = parser.add_mutually_exclusive_group()
    start.add_argument("--after", dest="start", type=cursor, metavar="EPOCH:SEQUENCE", help="go on after this cursor")
    start.add_argument("--sequence", dest="start", type=sequence, metavar="N", help="begin with this sequence")
    start.add_argument("--end", dest="start", action="store_const", const=position_pb2.Start(end=True),
                       help="only what is published from now on; default: everything that is stored too")
    parser.add_argument("--key", action="append", default=[], help="only messages with this key; may be repeated")
    parser.add_argument("--stop-at-head", action="store_true", help="end after what is stored now")
    parser.add_argument("--heartbeat", type=float, default=DEFAULT_HEARTBEAT, metavar="SECONDS",
                        help="reconnect after twice this long without a sign of life; default: %(default)s")
    parser.add_argument("--give-up-after", type=float, metavar="SECONDS",
                        help="how long to try without reaching the server; default: for ever")
    parser.add_argument("--server", default="127.0.0.1:8080", metavar="HOST:PORT", help="default: %(default)s")
    return parser.parse_args()


def show(delivery):
    """Prints one message, or on standard error one gap."""
    message, gap = delivery.message, delivery.gap
    if gap is not None:
        last = gap.last_missing or "an unknown one"
        reason = position_pb2.GapReason.Name(gap.reason) if gap.reason in position_pb2.GapReason.values() else gap.reason
        print(f"gap: sequences {gap.first_missing} to {last} are missing ({reason}); "
              f"going on at {gap.resumed_at}", file=sys.stderr)
        return
    text = message.text if message.WhichOneof("payload") == "text" else f"({len(message.data)} bytes)"
    key = f"[{message.key}] " if message.key else ""
    print(f"{message.sequence} {message.publish_time.ToJsonString()} {key}{text}", flush=True)


def main():
    args = arguments()
    logging.basicConfig(format="%(message)s")
    code = 0
    with open_channel(args.server) as channel:
        subscription = Subscription(
            message_service_pb2_grpc.MessageServiceStub(channel), args.topic, start=args.start, keys=args.key,
            stop_at_head=args.stop_at_head, heartbeat=args.heartbeat, give_up_after=args.give_up_after)

        def interrupt(*_):
            """Ends the loop. KeyboardInterrupt, while a call begins, would make closing the channel wait for ever."""
            nonlocal code
            code = 130
            signal.signal(signal.SIGINT, signal.SIG_DFL)  # a second one ends the program at once
            threading.Thread(target=subscription.close).start()  # not here, where the program may hold any lock

        signal.signal(signal.SIGINT, interrupt)
        try:
            for delivery in subscription:
                show(delivery)
        except grpc.RpcError as error:
            print(describe(error), file=sys.stderr)
            code = 1
        except BrokenPipeError:  # who read the output has enough; at its end Python would write again
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            code = 1
        if subscription.cursor is not None:
            print(f"go on from here with --after {subscription.cursor.epoch}:{subscription.cursor.sequence}", file=sys.stderr)
    return code


if __name__ == "__main__":
    sys.exit(main())
