import * as z from "zod";
import type { JsonValue } from "../errors/json.ts";
import { SageError } from "../errors/sage-error.ts";
import type { WireError } from "../errors/wire-error.ts";
import type { JobControl } from "./job-control.ts";

/** Version of the messages between a job manager and its clients. */
export const controlVersion = 1;

const job = z.string().min(1).max(256);
const page = { after: z.string().max(256).optional(), limit: z.int().optional() };
const state = z.enum(["created", "running", "paused", "draining", "completed", "failed", "cancelled"]);

/** The arguments of each operation, as they come. */
const operations = {
  submit: z.tuple([
    z.strictObject({ name: z.string(), params: z.unknown(), submissionKey: z.string().optional() }),
  ]),
  status: z.tuple([job]),
  list: z.tuple([z.strictObject({ ...page, state: state.optional() })]),
  tasks: z.tuple([job, z.strictObject(page)]),
  metrics: z.tuple([job, z.strictObject(page)]),
  pause: z.tuple([job]),
  resume: z.tuple([job]),
  stop: z.tuple([job, z.strictObject({ drain: z.boolean().optional(), timeoutMs: z.number().optional() })]),
  wait: z.tuple([job, z.strictObject({ timeoutMs: z.number().optional() })]),
} satisfies Record<keyof JobControl, z.ZodType>;

/** What can be asked of a manager. */
export type ControlOperation = keyof typeof operations;

/** A client asks for something. */
export interface ControlCommand {
  readonly v: typeof controlVersion;
  readonly kind: "command";
  /** Tells it from the client's other commands. */
  readonly id: number;
  readonly op: ControlOperation;
  /** As {@link JobControl} takes them. */
  readonly args: readonly JsonValue[];
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
  op: z.enum(Object.keys(operations) as ControlOperation[]),
  args: z.array(z.unknown()),
});

const wireError = z.looseObject({ name: z.string(), message: z.string() });
const replySchema = z.discriminatedUnion("ok", [
  z.strictObject({ v: version, kind: z.literal("reply"), id, ok: z.literal(true), result: z.unknown() }),
  z.strictObject({ v: version, kind: z.literal("reply"), id, ok: z.literal(false), error: wireError }),
]);

/**
 * Reads a command.
 *
 * @throws SageError `CONTROL_MESSAGE_INVALID`; `INVALID_OPTION` for its arguments.
 */
export function readCommand(body: JsonValue): ControlCommand {
  const command = parsed(commandSchema, body) as ControlCommand;
  const issue = operations[command.op].safeParse(command.args).error?.issues[0];
  if (issue === undefined) return command;
  const path = issue.path.slice(1).join(".") || command.op;
  throw new SageError("INVALID_OPTION", { path, problem: "is no such value", expected: issue.message });
}

/**
 * Reads a reply.
 *
 * @throws SageError `CONTROL_MESSAGE_INVALID`.
 */
export function readReply(body: JsonValue): ControlReply {
  return parsed(replySchema, body) as ControlReply;
}

/** The id of what cannot be read as a command, so that its sender can be answered; `undefined` when it has none. */
export function idOf(body: JsonValue): number | undefined {
  const found = z.looseObject({ id }).safeParse(body);
  return found.success ? found.data.id : undefined;
}

function parsed(schema: z.ZodType, value: unknown): unknown {
  const { data, error } = schema.safeParse(value);
  const issue = error?.issues[0];
  if (issue === undefined) return data;
  throw new SageError("CONTROL_MESSAGE_INVALID", {
    path: issue.path.join(".") || "message",
    problem: issue.message,
  });
}

/** Does what a command asks for. */
export function carryOut(control: JobControl, { op, args }: ControlCommand): Promise<unknown> {
  const operation = control[op] as (...args: readonly JsonValue[]) => Promise<unknown>;
  return operation.apply(control, args as JsonValue[]);
}
