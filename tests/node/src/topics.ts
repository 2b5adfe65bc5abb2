// Topics as tests need them, made and filled over gRPC on HTTP/2.
import { createClient } from "@connectrpc/connect";
import { createGrpcTransport } from "@connectrpc/connect-node";
import { MessageService } from "../../../gen/es/parley/messaging/v1/message_service_pb.js";
import type { Message } from "../../../gen/es/parley/messaging/v1/message_pb.js";
import { TopicService } from "../../../gen/es/parley/messaging/v1/topic_service_pb.js";
import { publish } from "../../../clients/ts/src/index.js";
import { server as baseUrl } from "./environment.js";

const transport = createGrpcTransport({ baseUrl });

/** Calls that manage topics. */
export const topics = createClient(TopicService, transport);

/** Calls that publish and read. */
export const messages = createClient(MessageService, transport);

let made = 0;

/** Makes a topic of its own for a test and returns its name. */
export async function newTopic(): Promise<string> {
  const name = `topic-${++made}`;
  await topics.createTopic({ topic: { name } });
  return name;
}

/** Messages with these texts. */
export function texts(...words: string[]) {
  return words.map((value) => ({ payload: { case: "text" as const, value } }));
}

/** Messages whose texts are the numbers from first to last, as a fresh topic numbers them. */
export function numbers(first: number, last: number) {
  return texts(...Array.from({ length: last - first + 1 }, (_, i) => String(first + i)));
}

/** Publishes, whatever happens to the server meanwhile. */
export async function put(topic: string, batch: ReturnType<typeof texts>): Promise<void> {
  for (let i = 0; i < batch.length; i += 1_000) {
    await publish(transport, { topic, messages: batch.slice(i, i + 1_000) });
  }
}

/** The text of a message. */
export const text = (message: Message) => String(message.payload.value);
