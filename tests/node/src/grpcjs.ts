// What grpc-js needs to know of Parley's stubs and errors.
import { fromBinary, toBinary, type DescMessage, type MessageShape } from "@bufbuild/protobuf";
import { AnySchema, anyUnpack } from "@bufbuild/protobuf/wkt";
import { BinaryReader } from "@bufbuild/protobuf/wire";
import type * as grpc from "@grpc/grpc-js";
import { BadRequestSchema, ErrorInfoSchema } from "../../../gen/es/google/rpc/error_details_pb.js";

function serializer<T extends DescMessage>(schema: T) {
  return {
    serialize: (message: MessageShape<T>) => Buffer.from(toBinary(schema, message)),
    deserialize: (bytes: Buffer) => fromBinary(schema, bytes),
  };
}

/** Describes a method of the generated schema as grpc-js wants it; unary, if nothing is said of streams. */
export function method(
  input: DescMessage,
  output: DescMessage,
  path: string,
  streams: { requestStream?: boolean; responseStream?: boolean } = {},
): grpc.MethodDefinition<any, any> {
  const [request, response] = [serializer(input), serializer(output)];
  return {
    path,
    requestStream: false,
    responseStream: false,
    ...streams,
    requestSerialize: request.serialize,
    requestDeserialize: request.deserialize,
    responseSerialize: response.serialize,
    responseDeserialize: response.deserialize,
  };
}

/** Unpacks the details of google.rpc.Status, its field 3, from the trailers. */
export function details(error: grpc.ServiceError) {
  const status = error.metadata.get("grpc-status-details-bin")[0] as Buffer;
  const reader = new BinaryReader(status);
  const found = [];
  while (reader.pos < reader.len) {
    const [field, wireType] = reader.tag();
    if (field === 3) found.push(fromBinary(AnySchema, reader.bytes()));
    else reader.skip(wireType);
  }
  return {
    info: found.map((detail) => anyUnpack(detail, ErrorInfoSchema)).find((detail) => detail),
    badRequest: found.map((detail) => anyUnpack(detail, BadRequestSchema)).find((detail) => detail),
  };
}
