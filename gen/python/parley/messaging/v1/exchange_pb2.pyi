from buf.validate import validate_pb2 as _validate_pb2
from google.protobuf import duration_pb2 as _duration_pb2
from parley.error.v1 import error_pb2 as _error_pb2
from parley.messaging.v1 import message_pb2 as _message_pb2
from parley.messaging.v1 import position_pb2 as _position_pb2
from parley.messaging.v1 import publish_pb2 as _publish_pb2
from parley.messaging.v1 import read_pb2 as _read_pb2
from parley.messaging.v1 import receipt_pb2 as _receipt_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from typing import ClassVar as _ClassVar, Iterable as _Iterable, Mapping as _Mapping, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class CommandError(_message.Message):
    __slots__ = ["code", "message", "mismatch", "reason", "retry_delay", "violations"]
    CODE_FIELD_NUMBER: _ClassVar[int]
    MESSAGE_FIELD_NUMBER: _ClassVar[int]
    MISMATCH_FIELD_NUMBER: _ClassVar[int]
    REASON_FIELD_NUMBER: _ClassVar[int]
    RETRY_DELAY_FIELD_NUMBER: _ClassVar[int]
    VIOLATIONS_FIELD_NUMBER: _ClassVar[int]
    code: _error_pb2.Code
    message: str
    mismatch: _receipt_pb2.CursorMismatch
    reason: _error_pb2.Reason
    retry_delay: _duration_pb2.Duration
    violations: _containers.RepeatedCompositeFieldContainer[FieldViolation]
    def __init__(self, code: _Optional[_Union[_error_pb2.Code, str]] = ..., reason: _Optional[_Union[_error_pb2.Reason, str]] = ..., message: _Optional[str] = ..., violations: _Optional[_Iterable[_Union[FieldViolation, _Mapping]]] = ..., mismatch: _Optional[_Union[_receipt_pb2.CursorMismatch, _Mapping]] = ..., retry_delay: _Optional[_Union[_duration_pb2.Duration, _Mapping]] = ...) -> None: ...

class ExchangeDelivery(_message.Message):
    __slots__ = ["cursor", "end", "gap", "heartbeat_interval", "last_sequence", "messages", "subscription_id"]
    CURSOR_FIELD_NUMBER: _ClassVar[int]
    END_FIELD_NUMBER: _ClassVar[int]
    GAP_FIELD_NUMBER: _ClassVar[int]
    HEARTBEAT_INTERVAL_FIELD_NUMBER: _ClassVar[int]
    LAST_SEQUENCE_FIELD_NUMBER: _ClassVar[int]
    MESSAGES_FIELD_NUMBER: _ClassVar[int]
    SUBSCRIPTION_ID_FIELD_NUMBER: _ClassVar[int]
    cursor: _position_pb2.Cursor
    end: SubscriptionEnd
    gap: _position_pb2.Gap
    heartbeat_interval: _duration_pb2.Duration
    last_sequence: int
    messages: _containers.RepeatedCompositeFieldContainer[_message_pb2.Message]
    subscription_id: int
    def __init__(self, subscription_id: _Optional[int] = ..., gap: _Optional[_Union[_position_pb2.Gap, _Mapping]] = ..., messages: _Optional[_Iterable[_Union[_message_pb2.Message, _Mapping]]] = ..., cursor: _Optional[_Union[_position_pb2.Cursor, _Mapping]] = ..., last_sequence: _Optional[int] = ..., heartbeat_interval: _Optional[_Union[_duration_pb2.Duration, _Mapping]] = ..., end: _Optional[_Union[SubscriptionEnd, _Mapping]] = ...) -> None: ...

class ExchangeHeartbeat(_message.Message):
    __slots__ = ["interval"]
    INTERVAL_FIELD_NUMBER: _ClassVar[int]
    interval: _duration_pb2.Duration
    def __init__(self, interval: _Optional[_Union[_duration_pb2.Duration, _Mapping]] = ...) -> None: ...

class ExchangeRequest(_message.Message):
    __slots__ = ["publish", "subscribe", "unsubscribe"]
    PUBLISH_FIELD_NUMBER: _ClassVar[int]
    SUBSCRIBE_FIELD_NUMBER: _ClassVar[int]
    UNSUBSCRIBE_FIELD_NUMBER: _ClassVar[int]
    publish: PublishCommand
    subscribe: SubscribeCommand
    unsubscribe: UnsubscribeCommand
    def __init__(self, publish: _Optional[_Union[PublishCommand, _Mapping]] = ..., subscribe: _Optional[_Union[SubscribeCommand, _Mapping]] = ..., unsubscribe: _Optional[_Union[UnsubscribeCommand, _Mapping]] = ...) -> None: ...

class ExchangeResponse(_message.Message):
    __slots__ = ["delivery", "heartbeat", "result"]
    DELIVERY_FIELD_NUMBER: _ClassVar[int]
    HEARTBEAT_FIELD_NUMBER: _ClassVar[int]
    RESULT_FIELD_NUMBER: _ClassVar[int]
    delivery: ExchangeDelivery
    heartbeat: ExchangeHeartbeat
    result: PublishResult
    def __init__(self, result: _Optional[_Union[PublishResult, _Mapping]] = ..., delivery: _Optional[_Union[ExchangeDelivery, _Mapping]] = ..., heartbeat: _Optional[_Union[ExchangeHeartbeat, _Mapping]] = ...) -> None: ...

class FieldViolation(_message.Message):
    __slots__ = ["description", "field", "rule_id"]
    DESCRIPTION_FIELD_NUMBER: _ClassVar[int]
    FIELD_FIELD_NUMBER: _ClassVar[int]
    RULE_ID_FIELD_NUMBER: _ClassVar[int]
    description: str
    field: str
    rule_id: str
    def __init__(self, field: _Optional[str] = ..., rule_id: _Optional[str] = ..., description: _Optional[str] = ...) -> None: ...

class PublishCommand(_message.Message):
    __slots__ = ["correlation_id", "request", "stop_on_failure"]
    CORRELATION_ID_FIELD_NUMBER: _ClassVar[int]
    REQUEST_FIELD_NUMBER: _ClassVar[int]
    STOP_ON_FAILURE_FIELD_NUMBER: _ClassVar[int]
    correlation_id: int
    request: _publish_pb2.PublishRequest
    stop_on_failure: bool
    def __init__(self, correlation_id: _Optional[int] = ..., request: _Optional[_Union[_publish_pb2.PublishRequest, _Mapping]] = ..., stop_on_failure: bool = ...) -> None: ...

class PublishResult(_message.Message):
    __slots__ = ["correlation_id", "error", "receipt"]
    CORRELATION_ID_FIELD_NUMBER: _ClassVar[int]
    ERROR_FIELD_NUMBER: _ClassVar[int]
    RECEIPT_FIELD_NUMBER: _ClassVar[int]
    correlation_id: int
    error: CommandError
    receipt: _receipt_pb2.Receipt
    def __init__(self, correlation_id: _Optional[int] = ..., receipt: _Optional[_Union[_receipt_pb2.Receipt, _Mapping]] = ..., error: _Optional[_Union[CommandError, _Mapping]] = ...) -> None: ...

class SubscribeCommand(_message.Message):
    __slots__ = ["request", "subscription_id"]
    REQUEST_FIELD_NUMBER: _ClassVar[int]
    SUBSCRIPTION_ID_FIELD_NUMBER: _ClassVar[int]
    request: _read_pb2.SubscribeRequest
    subscription_id: int
    def __init__(self, subscription_id: _Optional[int] = ..., request: _Optional[_Union[_read_pb2.SubscribeRequest, _Mapping]] = ...) -> None: ...

class SubscriptionEnd(_message.Message):
    __slots__ = ["error"]
    ERROR_FIELD_NUMBER: _ClassVar[int]
    error: CommandError
    def __init__(self, error: _Optional[_Union[CommandError, _Mapping]] = ...) -> None: ...

class UnsubscribeCommand(_message.Message):
    __slots__ = ["subscription_id"]
    SUBSCRIPTION_ID_FIELD_NUMBER: _ClassVar[int]
    subscription_id: int
    def __init__(self, subscription_id: _Optional[int] = ...) -> None: ...
