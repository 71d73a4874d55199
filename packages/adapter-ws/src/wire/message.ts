import { isOfConnection } from "./frame-type.ts";
import { ByteReader, varintSize, writeVarint } from "./varint.ts";
import { WireFault } from "./wire-fault.ts";

/** Version of the wire: first byte of each message, and part of the subprotocol's name. */
export const wireVersion = 1;

/** Name under which both ends speak this protocol. */
export const subprotocol = "sage.v1";

/** A part of a message. */
export interface Frame {
  readonly type: number;
  readonly body: Uint8Array;
  /** The rest of the body, of a frame that is to be sent: records are not copied to be behind their header. */
  readonly rest?: Uint8Array | undefined;
}

/** Bytes of a frame's body. */
export function bodySize({ body, rest }: Frame): number {
  return rest === undefined ? body.length : body.length + rest.length;
}

/** What is sent in one piece: `version, received, first, { type, length, body }*`, numbers as varints. */
export interface Message {
  /** Numbered frames that have arrived at who sends this. */
  readonly received: number;
  /** Number of the first numbered frame in here, from 1. */
  readonly first: number;
  readonly frames: readonly Frame[];
}

/** Bytes that a frame takes in a message. */
export function frameSize(length: number): number {
  return 1 + varintSize(length) + length;
}

/** The bytes of a message. */
export function encodeMessage({ received, first, frames }: Message): Uint8Array<ArrayBuffer> {
  let size = 1 + varintSize(received) + varintSize(first);
  for (const frame of frames) size += frameSize(bodySize(frame));
  const bytes = new Uint8Array(size);
  bytes[0] = wireVersion;
  let at = writeVarint(bytes, writeVarint(bytes, 1, received), first);
  for (const frame of frames) {
    const { type, body, rest } = frame;
    bytes[at++] = type;
    at = writeVarint(bytes, at, bodySize(frame));
    bytes.set(body, at);
    at += body.length;
    if (rest === undefined) continue;
    bytes.set(rest, at);
    at += rest.length;
  }
  return bytes;
}

/**
 * Reads a message; the bodies of its frames share its bytes.
 *
 * @throws WireFault `version`; `protocol` for anything that is no message; `limit` for more than `maxFrames` frames.
 */
export function decodeMessage(bytes: Uint8Array, maxFrames = 4096): Message {
  const reader = new ByteReader(bytes);
  const version = reader.byte();
  if (version !== wireVersion) throw new WireFault("version", `version ${version} of a message is unknown`);
  const received = reader.varint();
  const first = reader.varint();
  const frames: Frame[] = [];
  while (!reader.done) {
    if (frames.length === maxFrames)
      throw new WireFault("limit", `a message has more than ${maxFrames} frames`);
    const type = reader.byte();
    frames.push({ type, body: reader.bytes(reader.varint()) });
  }
  return { received, first, frames };
}

/** How many of these frames are numbered. */
export function countNumbered(frames: readonly Frame[]): number {
  let count = 0;
  for (const { type } of frames) if (!isOfConnection(type)) count++;
  return count;
}
