from parley.messaging.v1 import position_pb2 as _position_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from typing import ClassVar as _ClassVar, Iterable as _Iterable, Mapping as _Mapping, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor
DURABILITY_REPLICATED: Durability
DURABILITY_REPLICATED_SYNCED: Durability
DURABILITY_SYNCED: Durability
DURABILITY_UNSPECIFIED: Durability

class CursorMismatch(_message.Message):
    __slots__ = ["actual_epoch", "actual_last_sequence"]
    ACTUAL_EPOCH_FIELD_NUMBER: _ClassVar[int]
    ACTUAL_LAST_SEQUENCE_FIELD_NUMBER: _ClassVar[int]
    actual_epoch: str
    actual_last_sequence: int
    def __init__(self, actual_epoch: _Optional[str] = ..., actual_last_sequence: _Optional[int] = ...) -> None: ...

class Duplicate(_message.Message):
    __slots__ = ["index", "sequence"]
    INDEX_FIELD_NUMBER: _ClassVar[int]
    SEQUENCE_FIELD_NUMBER: _ClassVar[int]
    index: int
    sequence: int
    def __init__(self, index: _Optional[int] = ..., sequence: _Optional[int] = ...) -> None: ...

class Receipt(_message.Message):
    __slots__ = ["cursor", "duplicates", "durability", "epoch", "first_sequence", "last_sequence"]
    CURSOR_FIELD_NUMBER: _ClassVar[int]
    DUPLICATES_FIELD_NUMBER: _ClassVar[int]
    DURABILITY_FIELD_NUMBER: _ClassVar[int]
    EPOCH_FIELD_NUMBER: _ClassVar[int]
    FIRST_SEQUENCE_FIELD_NUMBER: _ClassVar[int]
    LAST_SEQUENCE_FIELD_NUMBER: _ClassVar[int]
    cursor: _position_pb2.Cursor
    duplicates: _containers.RepeatedCompositeFieldContainer[Duplicate]
    durability: Durability
    epoch: str
    first_sequence: int
    last_sequence: int
    def __init__(self, epoch: _Optional[str] = ..., first_sequence: _Optional[int] = ..., last_sequence: _Optional[int] = ..., duplicates: _Optional[_Iterable[_Union[Duplicate, _Mapping]]] = ..., durability: _Optional[_Union[Durability, str]] = ..., cursor: _Optional[_Union[_position_pb2.Cursor, _Mapping]] = ...) -> None: ...

class StreamReceipt(_message.Message):
    __slots__ = ["cursor", "duplicate_messages", "durability", "epoch", "first_sequence", "last_sequence", "stored_batches", "stored_messages"]
    CURSOR_FIELD_NUMBER: _ClassVar[int]
    DUPLICATE_MESSAGES_FIELD_NUMBER: _ClassVar[int]
    DURABILITY_FIELD_NUMBER: _ClassVar[int]
    EPOCH_FIELD_NUMBER: _ClassVar[int]
    FIRST_SEQUENCE_FIELD_NUMBER: _ClassVar[int]
    LAST_SEQUENCE_FIELD_NUMBER: _ClassVar[int]
    STORED_BATCHES_FIELD_NUMBER: _ClassVar[int]
    STORED_MESSAGES_FIELD_NUMBER: _ClassVar[int]
    cursor: _position_pb2.Cursor
    duplicate_messages: int
    durability: Durability
    epoch: str
    first_sequence: int
    last_sequence: int
    stored_batches: int
    stored_messages: int
    def __init__(self, epoch: _Optional[str] = ..., first_sequence: _Optional[int] = ..., last_sequence: _Optional[int] = ..., stored_messages: _Optional[int] = ..., duplicate_messages: _Optional[int] = ..., stored_batches: _Optional[int] = ..., durability: _Optional[_Union[Durability, str]] = ..., cursor: _Optional[_Union[_position_pb2.Cursor, _Mapping]] = ...) -> None: ...

class Durability(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = []
