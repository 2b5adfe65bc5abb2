#!/usr/bin/env python3
"""Sends one message to a Parley server and prints it and the answer."""

import argparse
import sys

import grpc

from parley.unary.v1 import unary_pb2, unary_pb2_grpc
from parley_errors import describe


def arguments():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("message", nargs="?", default="Hello Server you there?", help="the text to send")
    parser.add_argument("--server", default="127.0.0.1:8080", metavar="HOST:PORT", help="default: %(default)s")
    parser.add_argument("--timeout", type=float, default=10, metavar="SECONDS", help="default: %(default)s")
    return parser.parse_args()


def main():
    args = arguments()
    print(f'message: "{args.message}"')
    with grpc.insecure_channel(args.server) as channel:
        stub = unary_pb2_grpc.UnaryServiceStub(channel)
        request = unary_pb2.GetServerResponseRequest(message=args.message)
        try:
            response = stub.GetServerResponse(request, timeout=args.timeout)
        except grpc.RpcError as error:
            print(describe(error), file=sys.stderr)
            return 1
    print(f'message: "{response.message}"')
    return 0


if __name__ == "__main__":
    sys.exit(main())
