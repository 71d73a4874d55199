import * as fc from "fast-check";
import { expect, test } from "vitest";
import { Gathered } from "./gathered.ts";

test("what the instances of a step have gathered is what each has added since it began anew, in one array for ever", () => {
  const step = fc.record({
    instance: fc.nat(3),
    reset: fc.boolean(),
    records: fc.array(fc.nat(9), { maxLength: 3 }),
  });
  fc.assert(
    fc.property(fc.array(step), (steps) => {
      const gathered = new Gathered();
      const { records: all } = gathered;
      let model: (readonly [number, number])[] = [];
      for (const { instance, reset, records } of steps) {
        if (reset) model = model.filter(([from]) => from !== instance);
        model = [...model, ...records.map((record) => [instance, record] as const)];
        if (reset) gathered.reset(instance, records);
        else gathered.add(instance, records);
        expect(gathered.records).toEqual(model.map(([, record]) => record));
      }
      expect(gathered.records).toBe(all);
    }),
  );
});
