import type { JobRole, JsonValue } from "@sage-kernel/core";
import type { MaybePromise } from "@sage-kernel/core/spi";
import type * as z from "zod";
import type { HubRequest, HubSession } from "./hub-session.ts";

/** Something that clients may ask a hub for. */
export interface Operation<T extends object = object> {
  /** What it is asked with. */
  readonly args: z.ZodType<T>;
  /** What it takes to be allowed to; left out: anybody. */
  readonly role?: JobRole;
  /** Does it; what it does at once is done before anything that was sent behind it. */
  run(session: HubSession, args: T, request: HubRequest): MaybePromise<JsonValue | undefined>;
}

/** An operation whose arguments are known by their schema. */
export function operation<T extends object>(
  args: z.ZodType<T>,
  run: Operation<T>["run"],
  role?: JobRole,
): Operation {
  return { args, run, ...(role && { role }) } as Operation<T> as unknown as Operation;
}
