from buf.validate import validate_pb2 as _validate_pb2
from google.protobuf import timestamp_pb2 as _timestamp_pb2
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from typing import ClassVar as _ClassVar, Mapping as _Mapping, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor
GAP_REASON_DATA_LOSS: GapReason
GAP_REASON_RETENTION: GapReason
GAP_REASON_TOPIC_RECREATED: GapReason
GAP_REASON_UNSPECIFIED: GapReason

class Cursor(_message.Message):
    __slots__ = ["epoch", "sequence"]
    EPOCH_FIELD_NUMBER: _ClassVar[int]
    SEQUENCE_FIELD_NUMBER: _ClassVar[int]
    epoch: str
    sequence: int
    def __init__(self, epoch: _Optional[str] = ..., sequence: _Optional[int] = ...) -> None: ...

class Gap(_message.Message):
    __slots__ = ["first_missing", "last_missing", "reason", "resumed_at"]
    FIRST_MISSING_FIELD_NUMBER: _ClassVar[int]
    LAST_MISSING_FIELD_NUMBER: _ClassVar[int]
    REASON_FIELD_NUMBER: _ClassVar[int]
    RESUMED_AT_FIELD_NUMBER: _ClassVar[int]
    first_missing: int
    last_missing: int
    reason: GapReason
    resumed_at: int
    def __init__(self, reason: _Optional[_Union[GapReason, str]] = ..., first_missing: _Optional[int] = ..., last_missing: _Optional[int] = ..., resumed_at: _Optional[int] = ...) -> None: ...

class Start(_message.Message):
    __slots__ = ["after", "earliest", "end", "last", "sequence", "time"]
    AFTER_FIELD_NUMBER: _ClassVar[int]
    EARLIEST_FIELD_NUMBER: _ClassVar[int]
    END_FIELD_NUMBER: _ClassVar[int]
    LAST_FIELD_NUMBER: _ClassVar[int]
    SEQUENCE_FIELD_NUMBER: _ClassVar[int]
    TIME_FIELD_NUMBER: _ClassVar[int]
    after: Cursor
    earliest: bool
    end: bool
    last: int
    sequence: int
    time: _timestamp_pb2.Timestamp
    def __init__(self, earliest: bool = ..., end: bool = ..., sequence: _Optional[int] = ..., after: _Optional[_Union[Cursor, _Mapping]] = ..., time: _Optional[_Union[_timestamp_pb2.Timestamp, _Mapping]] = ..., last: _Optional[int] = ...) -> None: ...

class GapReason(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = []
