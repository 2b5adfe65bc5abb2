#!/usr/bin/env python3
"""Publishes texts to a Parley topic. Each line printed says that messages are on disk."""

import argparse
import logging
import os
import sys

import grpc

from parley.messaging.v1 import message_pb2, message_service_pb2_grpc
from parley_errors import describe
from parley_messaging import MAX_BATCH, Publisher, open_channel


def arguments():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("topic")
    parser.add_argument("messages", nargs="*", metavar="message",
                        help="the texts to publish; default: the lines of standard input")
    parser.add_argument("--key", default="", help="the key of every message")
    parser.add_argument("--id-prefix", metavar="PREFIX",
                        help="give message N the id PREFIX/N, so that running this again stores nothing twice")
    parser.add_argument("--max-batch", type=int, default=MAX_BATCH, metavar="N",
                        help="the most messages that are stored at once; default: %(default)s")
    parser.add_argument("--give-up-after", type=float, default=300, metavar="SECONDS",
                        help="how long to repeat a batch without a receipt; default: %(default)s")
    parser.add_argument("--server", default="127.0.0.1:8080", metavar="HOST:PORT", help="default: %(default)s")
    return parser.parse_args()


def contents(args):
    """Yields the messages to publish. What is not UTF-8 is published as data."""
    lines = (line.removesuffix(b"\n").removesuffix(b"\r") for line in sys.stdin.buffer)
    for number, content in enumerate(map(os.fsencode, args.messages) if args.messages else lines, 1):
        message = message_pb2.Message(id=f"{args.id_prefix}/{number}" if args.id_prefix else "", key=args.key)
        try:
            message.text = content.decode()
        except UnicodeDecodeError:
            message.data = content
        yield message


def main():
    args = arguments()
    logging.basicConfig(format="%(message)s")
    with open_channel(args.server) as channel:
        publisher = Publisher(message_service_pb2_grpc.MessageServiceStub(channel), args.topic,
                              max_batch=args.max_batch, give_up_after=args.give_up_after)
        try:
            for batch, receipt in publisher.receipts(contents(args)):
                known = len(receipt.duplicates)
                stored = f"sequences {receipt.first_sequence} to {receipt.last_sequence}" if known < len(batch) else "nothing new"
                print(f"{len(batch)} messages on disk: {stored}" + (f", {known} known before" if known else ""), flush=True)
        except grpc.RpcError as error:
            print(describe(error), file=sys.stderr)
            return 1
        except KeyboardInterrupt:
            return 130
    return 0


if __name__ == "__main__":
    sys.exit(main())
