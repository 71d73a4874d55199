import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { queueKeys } from "./queue-keys.ts";
import { TaskKeys } from "./task-keys.ts";

/** The hash tag of a key, by the rule of Redis Cluster: what stands in the first pair of braces, if that is anything. */
function slotOf(key: string): string {
  const open = key.indexOf("{");
  const close = key.indexOf("}", open + 1);
  return open < 0 || close <= open + 1 ? key : key.slice(open + 1, close);
}

const names = fc.string({ unit: "grapheme-composite", minLength: 1, maxLength: 8 });
const parts = fc.oneof(names, fc.constantFrom("{", "}", ":m", "a:r", "..", "%", "q", "a#0"));

describe("keys", () => {
  test("of one job lie in one slot, and no two things share one", () => {
    fc.assert(
      fc.property(
        fc.uniqueArray(fc.tuple(parts, parts, parts), {
          minLength: 2,
          maxLength: 6,
          selector: (p) => JSON.stringify(p),
        }),
        (all) => {
          const keys = all.flatMap(([job, name, table]) => {
            const queue = queueKeys("sage:", `${job.replaceAll("/", "_")}/${name}`);
            const task = new TaskKeys("sage:", job.replaceAll("/", "_"), name);
            const mine = [
              queue.entries,
              queue.meta,
              queue.room,
              task.task,
              task.tables,
              task.table(table),
              task.waiting(queue.entries),
            ];
            expect(new Set(mine.map(slotOf)).size).toBe(1);
            return mine.map((key) => ({ key, of: JSON.stringify([job.replaceAll("/", "_"), name]) }));
          });
          const owners = new Map<string, string>();
          for (const { key, of } of keys) {
            expect(owners.get(key) ?? of).toBe(of);
            owners.set(key, of);
          }
        },
      ),
    );
  });

  test("can be read", () => {
    expect(queueKeys("sage:", "nightly-1/map-2#0/in")).toEqual({
      entries: "sage:{nightly-1}:q:map-2#0/in",
      meta: "sage:{nightly-1}:q:map-2#0/in:m",
      room: "sage:{nightly-1}:q:map-2#0/in:r",
    });
    expect(new TaskKeys("sage:", "nightly-1", "map-2#0").task).toBe("sage:{nightly-1}:t:map-2#0");
  });
});
