import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { TaskLedger } from "./ledger.ts";

fc.configureGlobal({ numRuns: process.env.SAGE_DEEP === "1" ? 2000 : 100 });

const counts = fc.record({
  received: fc.nat(),
  processed: fc.nat(),
  filtered: fc.nat(),
  emitted: fc.nat(),
  skipped: fc.nat(),
  deadLettered: fc.nat(),
});
const ledgerOf = (fields: object) => Object.assign(new TaskLedger(), fields);

describe("a task's ledger", () => {
  test("is all zero at first", () => {
    expect(Object.values(new TaskLedger().toJSON())).toEqual([0, 0, 0, 0, 0, 0, 0]);
  });

  test("counts as in flight what was received and not decided, so that the identity holds", () => {
    fc.assert(
      fc.property(counts, (fields) => {
        const { received, processed, skipped, deadLettered, inFlight } = ledgerOf(fields).toJSON();

        expect(processed + skipped + deadLettered + inFlight).toBe(received);
      }),
    );
  });

  test("copies all counts of another, and does not follow it afterwards", () => {
    fc.assert(
      fc.property(counts, counts, (fields, old) => {
        const source = ledgerOf(fields);
        const copy = ledgerOf(old);
        copy.set(source);
        source.received++;

        expect(copy.toJSON()).toEqual(ledgerOf(fields).toJSON());
      }),
    );
  });

  test("adds up field by field, and the sum keeps the identity", () => {
    fc.assert(
      fc.property(counts, counts, (a, b) => {
        const sum = ledgerOf(a);
        sum.add(ledgerOf(b).toJSON());
        const { inFlight, ...rest } = sum.toJSON();

        for (const field of Object.keys(rest) as (keyof typeof rest)[])
          expect(rest[field]).toBe(a[field] + b[field]);
        expect(inFlight).toBe(ledgerOf(a).inFlight + ledgerOf(b).inFlight);
      }),
    );
  });

  test("is a JSON value", () => {
    const ledger = ledgerOf({ received: 5, processed: 3, skipped: 1 });

    expect(JSON.parse(JSON.stringify(ledger))).toEqual({
      received: 5,
      processed: 3,
      filtered: 0,
      emitted: 0,
      skipped: 1,
      deadLettered: 0,
      inFlight: 1,
    });
  });
});
