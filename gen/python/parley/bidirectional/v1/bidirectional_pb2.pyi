from buf.validate import validate_pb2 as _validate_pb2
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

ANSWER_TIMING_AFTER_ALL: AnswerTiming
ANSWER_TIMING_EACH: AnswerTiming
ANSWER_TIMING_UNSPECIFIED: AnswerTiming
DESCRIPTOR: _descriptor.FileDescriptor

class GetServerResponseRequest(_message.Message):
    __slots__ = ["answer_timing", "message"]
    ANSWER_TIMING_FIELD_NUMBER: _ClassVar[int]
    MESSAGE_FIELD_NUMBER: _ClassVar[int]
    answer_timing: AnswerTiming
    message: str
    def __init__(self, message: _Optional[str] = ..., answer_timing: _Optional[_Union[AnswerTiming, str]] = ...) -> None: ...

class GetServerResponseResponse(_message.Message):
    __slots__ = ["message"]
    MESSAGE_FIELD_NUMBER: _ClassVar[int]
    message: str
    def __init__(self, message: _Optional[str] = ...) -> None: ...

class AnswerTiming(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = []
