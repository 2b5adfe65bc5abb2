"""Calls both services with stubs of the classic tutorial schema."""

import sys

import bidirectional_pb2
import bidirectional_pb2_grpc
import grpc
import unary_pb2
import unary_pb2_grpc

with grpc.insecure_channel(sys.argv[1]) as channel:
    answer = unary_pb2_grpc.UnaryStub(channel).GetServerResponse(
        unary_pb2.Message(message="Hello Server you there?"), timeout=10)
    print(answer.message, answer.received)
    words = [bidirectional_pb2.Message(message=f"{word} message") for word in ("First", "Second")]
    for answer in bidirectional_pb2_grpc.BidirectionalStub(channel).GetServerResponse(iter(words), timeout=10):
        print(answer.message)
