import type { JobRole, JsonValue } from "@sage-kernel/core";
import type { MaybePromise } from "@sage-kernel/core/spi";
import type * as z from "zod";
import type { HubClientRef, HubRequest } from "./hub-client-ref.ts";

/** Something that clients may ask a hub for. */
export interface Operation<T extends object = object, Client extends HubClientRef = HubClientRef> {
  /** What it is asked with. */
  readonly args: z.ZodType<T>;
  /** What it takes to be allowed to; left out: anybody. */
  readonly role?: JobRole;
  /** Does it; what it does at once is done before anything that was sent behind it. */
  run(client: Client, args: T, request: HubRequest): MaybePromise<JsonValue | undefined>;
}

/** An operation whose arguments are known by their schema. */
export function operation<T extends object, Client extends HubClientRef = HubClientRef>(
  args: z.ZodType<T>,
  run: Operation<T, Client>["run"],
  role?: JobRole,
): Operation<object, Client> {
  return { args, run, ...(role && { role }) } as unknown as Operation<object, Client>;
}
