import { expect, test } from "vitest";
import { memoryStateStores } from "./memory-state-store.ts";
import type { StateStoreFactory } from "./state-store.port.ts";
import { storesFor } from "./stores-for.ts";

const stores = (kind: string, queues?: string): StateStoreFactory => ({
  kind,
  create: () => ({}) as never,
  ...(queues !== undefined && { queues }),
});
const [one, two, any] = [stores("one", "redis"), stores("two", "ws"), stores("any")];

test.each([
  ["the last one whose units move queues of the runtime's kind", [one, two], "redis", undefined, one],
  ["the last one, where it moves none in one step", [one, two, any], "redis", undefined, any],
  ["memory, where none moves queues of that kind", [one, two], "local", undefined, memoryStateStores],
  ["the one that was asked for", [one, two], "redis", "two", two],
  ["the one in memory, where that was asked for", [one, two], "redis", "memory", memoryStateStores],
])("a runtime keeps state in %s", (_, registered, queueKind, wanted, expected) => {
  expect(storesFor(registered, queueKind, wanted)).toBe(expected);
});

test("a kind of store that there is not is refused, with those that there are", () => {
  expect(() => storesFor([one, two], "redis", "tape")).toThrow(
    expect.objectContaining({
      code: "INVALID_OPTION",
      details: {
        path: "stateStore",
        problem: 'is "tape"',
        expected: 'one of "memory", "one", "two", or an adapter that has it',
      },
    }),
  );
});
