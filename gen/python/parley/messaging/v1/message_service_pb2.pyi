from parley.messaging.v1 import exchange_pb2 as _exchange_pb2
from parley.messaging.v1 import publish_pb2 as _publish_pb2
from parley.messaging.v1 import read_pb2 as _read_pb2
from google.protobuf import descriptor as _descriptor
from typing import ClassVar as _ClassVar

DESCRIPTOR: _descriptor.FileDescriptor
