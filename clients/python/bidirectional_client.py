#!/usr/bin/env python3
"""Sends messages to a Parley server on a stream and prints the answers as they come."""

import argparse
import sys

import grpc

from parley.bidirectional.v1 import bidirectional_pb2, bidirectional_pb2_grpc
from parley_errors import describe

MESSAGES = [f"{word} message" for word in ("First", "Second", "Third", "Fourth", "Fifth")]


def arguments():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("messages", nargs="*", default=MESSAGES, metavar="message",
                        help="the texts to send; default: five messages, First to Fifth")
    parser.add_argument("--after-all", action="store_true",
                        help="ask the server to answer only after it has read everything")
    parser.add_argument("--server", default="127.0.0.1:8080", metavar="HOST:PORT", help="default: %(default)s")
    parser.add_argument("--timeout", type=float, default=10, metavar="SECONDS",
                        help="for the whole stream; default: %(default)s")
    return parser.parse_args()


def requests(messages, after_all):
    """Yields the requests. gRPC takes them in a thread of its own."""
    timing = bidirectional_pb2.ANSWER_TIMING_AFTER_ALL if after_all else bidirectional_pb2.ANSWER_TIMING_UNSPECIFIED
    for message in messages:
        # One write a line: the other thread prints too.
        print(f"Hello Server Sending you the {message}\n", end="", flush=True)
        yield bidirectional_pb2.GetServerResponseRequest(message=message, answer_timing=timing)


def main():
    args = arguments()
    with grpc.insecure_channel(args.server) as channel:
        stub = bidirectional_pb2_grpc.BidirectionalServiceStub(channel)
        try:
            answers = stub.GetServerResponse(requests(args.messages, args.after_all), timeout=args.timeout)
            for answer in answers:
                print(f"Hello from the server received your {answer.message}\n", end="", flush=True)
        except grpc.RpcError as error:
            print(describe(error), file=sys.stderr)
            return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
