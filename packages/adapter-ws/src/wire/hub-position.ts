import type { JsonValue } from "@sage-kernel/core";

/** Where the reading of a queue at a hub stands: elements before it. It says of which queue, so that a commit there moves that on. */
export type HubPosition = readonly ["ws", queue: string, elements: number];

/** Whether a position is one in a queue at a hub. */
export function isHubPosition(position: unknown): position is HubPosition & JsonValue {
  return (
    Array.isArray(position) &&
    position.length === 3 &&
    position[0] === "ws" &&
    typeof position[1] === "string" &&
    Number.isSafeInteger(position[2])
  );
}

/** The positions in queues at a hub that the position of an input is made of: itself, or those of a loop's two queues. */
export function hubPositions(position: JsonValue | undefined): readonly HubPosition[] {
  if (isHubPosition(position)) return [position];
  if (typeof position !== "object" || position === null || Array.isArray(position)) return [];
  return Object.values(position).filter(isHubPosition);
}
