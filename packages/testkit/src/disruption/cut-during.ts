import { settle } from "../clock/fake-clock.ts";
import { started } from "../contract/probes.ts";
import type { Disruption } from "./disruption.ts";

/** Cuts the connections at ever other moments of an operation, and heals them again. */
export async function cutDuring<T>(
  { cut, heal }: Pick<Disruption, "cut" | "heal">,
  moment: number,
  operation: () => Promise<T>,
): Promise<T> {
  const running = started(operation);
  for (let turn = 0; turn < moment % 4; turn++) await (moment > 3 ? settle() : undefined);
  await cut?.();
  await settle();
  await heal?.();
  return running;
}
