from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from typing import ClassVar as _ClassVar

DESCRIPTOR: _descriptor.FileDescriptor
REASON_CANCELED: Reason
REASON_DEADLINE_EXCEEDED: Reason
REASON_INTERNAL: Reason
REASON_INVALID_FIELD: Reason
REASON_MALFORMED_MESSAGE: Reason
REASON_MESSAGE_TOO_LARGE: Reason
REASON_PERMISSION_DENIED: Reason
REASON_PROTOCOL_ERROR: Reason
REASON_SERVER_DRAINING: Reason
REASON_STREAM_LIMIT: Reason
REASON_UNAUTHENTICATED: Reason
REASON_UNKNOWN_FIELD: Reason
REASON_UNKNOWN_METHOD: Reason
REASON_UNSPECIFIED: Reason

class Reason(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = []
