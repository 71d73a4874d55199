import { hasCode, type JsonValue, SageError } from "@sage-kernel/core";
import { encodeError } from "@sage-kernel/core/spi";
import { encodeJson } from "../wire/json-body.ts";
import { tooLarge } from "../wire/too-large.ts";
import type { CloseReason } from "../wire/wire-fault.ts";

/** What a request comes to: a value, or an error as core writes it. */
export interface Answered {
  readonly ok: boolean;
  readonly value: unknown;
}

/** An answer as it is sent, and why it is another one than was given, if it is. */
export interface AnswerBody {
  readonly body: Uint8Array;
  readonly refused?: { readonly reason: CloseReason; readonly why: string };
}

/** The body of an answer; for one that is no JSON, or has more bytes than this, that of an error that says so. Never throws. */
export function answerBody(id: number, { ok, value }: Answered, most: number): AnswerBody {
  try {
    return { body: bounded("answer", [id, ok, value ?? null], most) };
  } catch (error) {
    const reason = hasCode(error, "INVALID_OPTION") ? "limit" : "internal";
    const { stack: _, ...told } = encodeError(error);
    return { body: encodeJson([id, false, told]), refused: { reason, why: told.message } };
  }
}

/** The body of what comes up for a request. @throws SageError `INVALID_OPTION` for more bytes than this, `NOT_JSON`. */
export function eventBody(id: number, value: JsonValue, most: number): Uint8Array {
  return bounded("event", [id, value], most);
}

function bounded(path: string, value: unknown, most: number): Uint8Array {
  let body: Uint8Array;
  try {
    body = encodeJson(value);
  } catch (error) {
    const got = `nothing that JSON can tell (${encodeError(error).message.slice(0, 200)})`;
    throw new SageError("NOT_JSON", { path, got });
  }
  if (body.length > most) throw tooLarge(path, body.length, most);
  return body;
}
