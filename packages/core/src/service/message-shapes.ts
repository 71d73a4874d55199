import { describeValue, reasonOf } from "../errors/sage-error.ts";
import type { ServiceCancel, ServiceDrop, ServiceRequest, ServiceResponse } from "./service-message.ts";

/** What is wrong with a message, and where. */
export interface ShapeProblem {
  readonly path: string;
  readonly problem: string;
}

type Fields = Readonly<Record<string, unknown>>;
type Check = (value: unknown) => boolean;

const isObject: Check = (value) => typeof value === "object" && value !== null && !Array.isArray(value);
const isString: Check = (value) => typeof value === "string";
const isId: Check = (value) => Number.isSafeInteger(value) && (value as number) >= 0;
const isTime: Check = (value) => typeof value === "number" && !Number.isNaN(value);
const isBoolean: Check = (value) => typeof value === "boolean";
const isStrings: Check = (value) => Array.isArray(value) && value.every(isString);
const isDescriptor: Check = (value) =>
  isObject(value) && isString((value as Fields).kind) && isString((value as Fields).id);
const isHeaders: Check = (value) =>
  value === undefined || (isObject(value) && Object.values(value as Fields).every(isString));
const isKey: Check = (value) => value === undefined || isString(value);
const isError: Check = (value) =>
  isObject(value) && isString((value as Fields).name) && isString((value as Fields).message);

const requestFields: readonly (readonly [string, Check])[] = [
  ["id", isId],
  ["service", isString],
  ["method", isString],
  ["args", Array.isArray],
  ["replyTo", isDescriptor],
  ["deadline", isTime],
  ["chain", isStrings],
  ["idempotencyKey", isKey],
  ["headers", isHeaders],
];

const cancelFields: readonly (readonly [string, Check])[] = [
  ["id", isId],
  ["replyTo", isDescriptor],
  ["deadline", isTime],
];

const responseFields: readonly (readonly [string, Check])[] = [
  ["id", isId],
  ["ok", isBoolean],
  ["executionMs", isTime],
];

const dropFields: readonly (readonly [string, Check])[] = [
  ["id", isId],
  ["share", isString],
  ["place", isString],
  ["node", isString],
  ["why", isString],
];

function problemOf(
  message: unknown,
  kind: string,
  fields: readonly (readonly [string, Check])[],
): ShapeProblem | undefined {
  if (!isObject(message)) return { path: "message", problem: `is ${describeValue(message)}` };
  const values = message as Fields;
  if (values.kind !== kind)
    return { path: "kind", problem: `is ${describeValue(values.kind)}, not "${kind}"` };
  for (let i = 0; i < fields.length; i++) {
    const [path, check] = fields[i] as readonly [string, Check];
    if (!check(values[path])) return { path, problem: `is ${describeValue(values[path])}` };
  }
  return undefined;
}

/** What is wrong with what should be a request; `undefined` when nothing is. */
export function requestProblemOf(message: unknown): ShapeProblem | undefined {
  try {
    if (isPlainRequest(message)) return undefined;
    return problemOf(message, "request" satisfies ServiceRequest["kind"], requestFields);
  } catch (error) {
    return unreadable(error);
  }
}

/** What is wrong with what should be a cancellation; `undefined` when nothing is. */
export function cancelProblemOf(message: unknown): ShapeProblem | undefined {
  try {
    return problemOf(message, "cancel" satisfies ServiceCancel["kind"], cancelFields);
  } catch (error) {
    return unreadable(error);
  }
}

/** What is wrong with what should be a response; `undefined` when nothing is. */
export function responseProblemOf(message: unknown): ShapeProblem | undefined {
  try {
    if (isPlainResult(message)) return undefined;
    const problem = problemOf(message, "response" satisfies ServiceResponse["kind"], responseFields);
    if (problem !== undefined) return problem;
    const { ok, error } = message as Fields;
    if (ok === true || isError(error)) return undefined;
    return { path: "error", problem: `is ${describeValue(error)}` };
  } catch (error) {
    return unreadable(error);
  }
}

/** What is wrong with what should say that a record was dropped; `undefined` when nothing is. */
export function dropProblemOf(message: unknown): ShapeProblem | undefined {
  try {
    return problemOf(message, "drop" satisfies ServiceDrop["kind"], dropFields);
  } catch (error) {
    return unreadable(error);
  }
}

/** A getter or a proxy of the sender's has thrown, where messages are passed on as they are. */
function unreadable(error: unknown): ShapeProblem {
  return { path: "message", problem: `cannot be read: ${reasonOf(error)}` };
}

/** The request that almost all are, looked at without a loop. */
function isPlainRequest(message: unknown): boolean {
  if (typeof message !== "object" || message === null) return false;
  const { kind, id, service, method, args, replyTo, deadline, chain, idempotencyKey, headers } =
    message as Fields;
  return (
    kind === "request" &&
    isId(id) &&
    typeof service === "string" &&
    typeof method === "string" &&
    Array.isArray(args) &&
    isDescriptor(replyTo) &&
    isTime(deadline) &&
    Array.isArray(chain) &&
    chain.length === 0 &&
    idempotencyKey === undefined &&
    headers === undefined
  );
}

/** The response that almost all are. */
function isPlainResult(message: unknown): boolean {
  if (typeof message !== "object" || message === null) return false;
  const { kind, id, ok, executionMs } = message as Fields;
  return kind === "response" && ok === true && isId(id) && isTime(executionMs);
}
