from buf.validate import validate_pb2 as _validate_pb2
from google.protobuf import duration_pb2 as _duration_pb2
from parley.messaging.v1 import message_pb2 as _message_pb2
from parley.messaging.v1 import position_pb2 as _position_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from typing import ClassVar as _ClassVar, Iterable as _Iterable, Mapping as _Mapping, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class ReadMessagesRequest(_message.Message):
    __slots__ = ["keys", "max_messages", "start", "topic"]
    KEYS_FIELD_NUMBER: _ClassVar[int]
    MAX_MESSAGES_FIELD_NUMBER: _ClassVar[int]
    START_FIELD_NUMBER: _ClassVar[int]
    TOPIC_FIELD_NUMBER: _ClassVar[int]
    keys: _containers.RepeatedScalarFieldContainer[str]
    max_messages: int
    start: _position_pb2.Start
    topic: str
    def __init__(self, topic: _Optional[str] = ..., start: _Optional[_Union[_position_pb2.Start, _Mapping]] = ..., keys: _Optional[_Iterable[str]] = ..., max_messages: _Optional[int] = ...) -> None: ...

class ReadMessagesResponse(_message.Message):
    __slots__ = ["cursor", "gap", "last_sequence", "messages"]
    CURSOR_FIELD_NUMBER: _ClassVar[int]
    GAP_FIELD_NUMBER: _ClassVar[int]
    LAST_SEQUENCE_FIELD_NUMBER: _ClassVar[int]
    MESSAGES_FIELD_NUMBER: _ClassVar[int]
    cursor: _position_pb2.Cursor
    gap: _position_pb2.Gap
    last_sequence: int
    messages: _containers.RepeatedCompositeFieldContainer[_message_pb2.Message]
    def __init__(self, gap: _Optional[_Union[_position_pb2.Gap, _Mapping]] = ..., messages: _Optional[_Iterable[_Union[_message_pb2.Message, _Mapping]]] = ..., cursor: _Optional[_Union[_position_pb2.Cursor, _Mapping]] = ..., last_sequence: _Optional[int] = ...) -> None: ...

class SubscribeRequest(_message.Message):
    __slots__ = ["heartbeat_interval", "keys", "start", "stop_at_head", "topic"]
    HEARTBEAT_INTERVAL_FIELD_NUMBER: _ClassVar[int]
    KEYS_FIELD_NUMBER: _ClassVar[int]
    START_FIELD_NUMBER: _ClassVar[int]
    STOP_AT_HEAD_FIELD_NUMBER: _ClassVar[int]
    TOPIC_FIELD_NUMBER: _ClassVar[int]
    heartbeat_interval: _duration_pb2.Duration
    keys: _containers.RepeatedScalarFieldContainer[str]
    start: _position_pb2.Start
    stop_at_head: bool
    topic: str
    def __init__(self, topic: _Optional[str] = ..., start: _Optional[_Union[_position_pb2.Start, _Mapping]] = ..., keys: _Optional[_Iterable[str]] = ..., stop_at_head: bool = ..., heartbeat_interval: _Optional[_Union[_duration_pb2.Duration, _Mapping]] = ...) -> None: ...

class SubscribeResponse(_message.Message):
    __slots__ = ["cursor", "gap", "heartbeat_interval", "last_sequence", "messages"]
    CURSOR_FIELD_NUMBER: _ClassVar[int]
    GAP_FIELD_NUMBER: _ClassVar[int]
    HEARTBEAT_INTERVAL_FIELD_NUMBER: _ClassVar[int]
    LAST_SEQUENCE_FIELD_NUMBER: _ClassVar[int]
    MESSAGES_FIELD_NUMBER: _ClassVar[int]
    cursor: _position_pb2.Cursor
    gap: _position_pb2.Gap
    heartbeat_interval: _duration_pb2.Duration
    last_sequence: int
    messages: _containers.RepeatedCompositeFieldContainer[_message_pb2.Message]
    def __init__(self, gap: _Optional[_Union[_position_pb2.Gap, _Mapping]] = ..., messages: _Optional[_Iterable[_Union[_message_pb2.Message, _Mapping]]] = ..., cursor: _Optional[_Union[_position_pb2.Cursor, _Mapping]] = ..., last_sequence: _Optional[int] = ..., heartbeat_interval: _Optional[_Union[_duration_pb2.Duration, _Mapping]] = ...) -> None: ...
