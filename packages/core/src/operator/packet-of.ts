import type { Packet } from "../packet/packet.ts";
import type { OpenRecord } from "./operator.port.ts";

/** A record as low-level steps and plug-ins see it. */
export function packetOf({ payload, key, headers, input, ctx }: OpenRecord): Packet {
  const partitionStrategy = ctx.facts.strategies[input] ?? "none";
  return { payload, inputIndex: input, partitionKey: key, partitionStrategy, headers };
}
