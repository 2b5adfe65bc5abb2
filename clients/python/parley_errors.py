"""Reads what Parley says about a failed call: why, and which fields are wrong."""

from google.protobuf import any_pb2, descriptor_pb2, descriptor_pool, message_factory
from google.protobuf.message import DecodeError
from google.rpc import error_details_pb2

_STATUS_KEY = "grpc-status-details-bin"
_TYPE_PREFIX = "type.googleapis.com/"


def _status_class():
    """Returns a class for the one field of google.rpc.Status that is read here.

    The whole message comes with googleapis-common-protos, which would be the
    only dependency besides grpcio.
    """
    field = descriptor_pb2.FieldDescriptorProto
    file = descriptor_pb2.FileDescriptorProto(
        name="parley/client/status.proto", package="parley.client", syntax="proto3",
        dependency=[any_pb2.DESCRIPTOR.name])
    file.message_type.add(name="Status").field.add(
        name="details", number=3, type=field.TYPE_MESSAGE, label=field.LABEL_REPEATED,
        type_name=".google.protobuf.Any")
    pool = descriptor_pool.Default()
    pool.AddSerializedFile(file.SerializeToString())
    descriptor = pool.FindMessageTypeByName("parley.client.Status")
    if hasattr(message_factory, "GetMessageClass"):
        return message_factory.GetMessageClass(descriptor)
    return message_factory.MessageFactory().GetPrototype(descriptor)  # protobuf before 4.22


_Status = _status_class()


def details(error):
    """Returns the reason of a grpc.RpcError and its (field, description) pairs.

    The reason is the name of a value of parley.error.v1.Reason without REASON_,
    or "" where the error did not come from Parley: a server that cannot be
    reached, a deadline that passed on the way.
    """
    reason, violations = "", []
    for detail in _packed(error):
        info, bad_request = error_details_pb2.ErrorInfo(), error_details_pb2.BadRequest()
        if detail.type_url == _TYPE_PREFIX + info.DESCRIPTOR.full_name:
            info.ParseFromString(detail.value)
            reason = info.reason if info.domain == "parley" else reason
        elif detail.type_url == _TYPE_PREFIX + bad_request.DESCRIPTOR.full_name:
            bad_request.ParseFromString(detail.value)
            violations += [(v.field, v.description) for v in bad_request.field_violations]
    return reason, violations


def retry_delay(error):
    """Returns how many seconds the server asks to wait before a retry, None if it does not ask."""
    for detail in _packed(error):
        info = error_details_pb2.RetryInfo()
        if detail.type_url == _TYPE_PREFIX + info.DESCRIPTOR.full_name:
            info.ParseFromString(detail.value)
            return info.retry_delay.ToNanoseconds() / 1e9
    return None


def describe(error):
    """Returns a failed call as text for a person, a line for each fault."""
    reason, violations = details(error)
    message = error.details()
    faults = [f"{field}: {description}" for field, description in violations]
    if faults and (message == faults[0] or message.startswith(faults[0] + " (and ")):  # it is the first one, and counts the others
        del faults[0]
    return "\n  ".join([f"{error.code().name}{f' ({reason})' if reason else ''}: {message}"] + faults)


def _packed(error):
    """Returns the details of a google.rpc.Status, which is in the trailers."""
    for key, value in error.trailing_metadata() or ():
        if key == _STATUS_KEY:
            try:
                return _Status.FromString(value).details
            except DecodeError:
                return []
    return []
