import * as z from "zod";
import type { JsonObject, JsonValue } from "../errors/json.ts";
import type { WireError } from "../errors/wire-error.ts";
import { wireErrorSchema } from "../errors/wire-error-schema.ts";
import {
  type ControlArguments,
  type ControlOperation,
  checkArguments,
  controlOperations,
} from "./control-arguments.ts";
import type { JobControl, JobRequest } from "./job-control.ts";
import { parsed } from "./parsed.ts";

/** Version of the messages between a job manager and its clients. */
export const controlVersion = 1;

/** A client asks for something. */
export interface ControlCommand {
  readonly v: typeof controlVersion;
  readonly kind: "command";
  /** Tells it from the client's other commands. */
  readonly id: number;
  readonly op: ControlOperation;
  /** Its arguments, by name. */
  readonly args: JsonObject;
}

/** The manager's answer. */
export type ControlReply = {
  readonly v: typeof controlVersion;
  readonly kind: "reply";
  readonly id: number;
} & ({ readonly ok: true; readonly result: JsonValue } | { readonly ok: false; readonly error: WireError });

const version = z.literal(controlVersion);
const id = z.int().min(0);
const commandSchema = z.strictObject({
  v: version,
  kind: z.literal("command"),
  id,
  op: z.enum(controlOperations),
  args: z.record(z.string(), z.unknown()),
});

const replySchema = z.discriminatedUnion("ok", [
  z.strictObject({ v: version, kind: z.literal("reply"), id, ok: z.literal(true), result: z.unknown() }),
  z.strictObject({ v: version, kind: z.literal("reply"), id, ok: z.literal(false), error: wireErrorSchema }),
]);

/**
 * Reads a command.
 *
 * @throws SageError `CONTROL_MESSAGE_INVALID`, and what {@link checkArguments} throws.
 */
export function readCommand(body: JsonValue): ControlCommand {
  const command = parsed(commandSchema, body) as ControlCommand;
  return { ...command, args: checkArguments(command.op, command.args) as JsonObject };
}

/**
 * Reads a reply.
 *
 * @throws SageError `CONTROL_MESSAGE_INVALID`.
 */
export function readReply(body: JsonValue): ControlReply {
  return parsed(replySchema, body) as ControlReply;
}

/** The id of a message that cannot be read further, so that whoever waits for it can hear; `undefined` without one. */
export function idOf(body: JsonValue): number | undefined {
  const found = z.looseObject({ id }).safeParse(body);
  return found.success ? found.data.id : undefined;
}

/** Does what a command asks for. */
export function carryOut(control: JobControl, { op, args }: ControlCommand): Promise<unknown> {
  if (op === "submit") return control.submit(args as unknown as JobRequest);
  if (op === "list") return control.list(args as ControlArguments<"list">);
  const { job, ...options } = args as { readonly job: string };
  const operation = control[op] as (job: string, options: object) => Promise<unknown>;
  return operation.call(control, job, options);
}
