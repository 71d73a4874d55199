import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { createStateModel, type ModelCells } from "../../test-support/state-model.ts";
import { RecordCells } from "./record-cells.ts";
import { absent, type StateKey } from "./state-key.ts";

fc.configureGlobal({ numRuns: process.env.SAGE_DEEP === "1" ? 2000 : 100 });

const tableName = fc.constantFrom("sums", "counts", "lists");
const anyKey = fc.constantFrom<StateKey>("a", "b", 0, undefined);
const commitStep = fc.constant("commit");
const change = fc.tuple(fc.constantFrom("read", "write", "write", "delete"), tableName);

let written = 0;
/** Does one thing with a cell, and answers what is written, if anything is. */
function touch(
  cells: RecordCells,
  model: ModelCells,
  op: string,
  table: ReturnType<typeof tableOf>,
  key: StateKey,
) {
  const before = cells.read(table.table, key);
  expect(before).toBe(model.get(table.name, key));
  if (op === "read") return;
  const cell = op === "delete" ? absent : ++written;
  cells.write(table.table, key, cell);
  model.set(table.name, key, cell);
  expect(cells.read(table.table, key)).toBe(model.get(table.name, key));
}

const tableOf = (state: ReturnType<typeof createStateModel>, name: string) => ({
  name,
  table: state.tables.table(name),
});

describe("records that run one after the other", () => {
  const action = fc.oneof(
    { weight: 6, arbitrary: fc.tuple(change, anyKey).map(([[op, table], key]) => ({ op, table, key })) },
    { weight: 3, arbitrary: fc.constantFrom("done", "done at the end of its batch", "failed", "skipped") },
    { weight: 3, arbitrary: commitStep },
    { weight: 1, arbitrary: fc.constant("crash") },
  );

  test("see and leave what a plain sequential program would, whatever fails and whenever it is committed", () => {
    fc.assert(
      fc.property(fc.array(action, { maxLength: 80, size: "max" }), (plan) => {
        const state = createStateModel();
        let place = { index: 0 };
        let cells = new RecordCells(place);
        let attempt = state.accepted.copy();
        const nextRecord = () => {
          place.index++;
          cells.catchUp();
        };
        for (const step of plan) {
          if (typeof step === "object") {
            touch(cells, attempt, step.op, tableOf(state, step.table), step.key);
          } else if (step === "done") {
            state.accepted = attempt.copy();
            place.index++; // the loop says nothing: the next record or commit will notice
          } else if (step === "done at the end of its batch") {
            state.accepted = attempt.copy();
            nextRecord();
            place.index = 0;
          } else if (step === "failed" || step === "skipped") {
            cells.discard();
            attempt = state.accepted.copy();
            if (step === "skipped") place.index++;
          } else if (step === "crash") {
            state.crash();
            place = { index: 0 };
            cells = new RecordCells(place);
            attempt = state.accepted.copy();
          } else {
            cells.catchUp();
            state.commit();
          }
          expect(state.inStore()).toEqual(state.stored.toJSON());
        }
        state.committed(); // whatever was being committed
        state.apply();
        state.committed();
        state.accepted = attempt.copy();
        nextRecord();
        state.take();
        state.apply();
        expect(state.inStore()).toEqual(attempt.toJSON());
      }),
    );
  });
});

describe("records in flight together, never two of a key", () => {
  const pick = fc.nat({ max: 3 });
  const action = fc.oneof(
    { weight: 3, arbitrary: fc.record({ start: anyKey, timed: fc.boolean() }) },
    { weight: 6, arbitrary: fc.tuple(pick, change).map(([slot, [op, table]]) => ({ slot, op, table })) },
    { weight: 1, arbitrary: pick.map((fail) => ({ fail })) },
    { weight: 4, arbitrary: pick.map((settle) => ({ settle })) },
    { weight: 3, arbitrary: commitStep },
    { weight: 1, arbitrary: fc.constant("crash") },
  );

  interface Slot {
    readonly key: StateKey;
    readonly timed: boolean;
    readonly cells: RecordCells;
    /** Those of the attempt: its own where it has a time limit. */
    attempt: RecordCells;
    changes: [table: string, cell: unknown][];
    settled: boolean;
  }

  test.each([true, false])(
    "see and leave what a sequential program would for each key, and units have what is released (ordered: %s)",
    (ordered) => {
      fc.assert(
        fc.property(fc.array(action, { maxLength: 80, size: "max" }), (plan) => {
          const state = createStateModel();
          /** What the next record of each key sees. */
          let seen = state.accepted.copy();
          let slots: Slot[] = [];
          let index = 0;
          const flying = () => slots.filter(({ settled }) => !settled);
          const begin = (slot: Slot) => {
            slot.changes = [];
            slot.attempt = slot.timed ? new RecordCells(slot.cells.place) : slot.cells;
          };
          const release = (slot: Slot) => {
            slot.cells.release();
            for (const [table, cell] of slot.changes) state.accepted.set(table, slot.key, cell);
          };
          const viewOf = (slot: Slot) => {
            const view = seen.copy();
            for (const [table, cell] of slot.changes) view.set(table, slot.key, cell);
            return view;
          };
          for (const step of plan) {
            if (typeof step === "string") {
              state[step as "commit" | "crash"]();
              if (step === "crash") {
                seen = state.accepted.copy();
                slots = [];
              }
            } else if ("start" in step) {
              if (flying().some(({ key }) => key === step.start)) continue;
              const cells = new RecordCells({ index: index++ });
              const slot = {
                key: step.start,
                timed: step.timed,
                cells,
                attempt: cells,
                changes: [],
                settled: false,
              };
              begin(slot);
              slots.push(slot);
            } else if ("slot" in step) {
              const slot = flying()[step.slot];
              if (slot === undefined) continue;
              const view = viewOf(slot);
              touch(slot.attempt, view, step.op, tableOf(state, step.table), slot.key);
              if (step.op !== "read") {
                slot.changes.push([step.table, view.get(step.table, slot.key) ?? absent]);
              }
            } else if ("fail" in step) {
              const slot = flying()[step.fail];
              if (slot === undefined) continue;
              slot.cells.discard();
              begin(slot);
            } else {
              const slot = flying()[step.settle];
              if (slot === undefined) continue;
              if (slot.timed) slot.cells.adopt(slot.attempt);
              slot.cells.settle();
              slot.settled = true;
              for (const [table, cell] of slot.changes) seen.set(table, slot.key, cell);
              if (!ordered) release(slot);
              while (ordered && slots[0]?.settled === true) release(slots.shift() as Slot);
            }
            expect(state.inStore()).toEqual(state.stored.toJSON());
          }
          state.committed();
          state.apply();
          state.committed();
          state.take();
          state.apply();
          expect(state.inStore()).toEqual(state.accepted.toJSON());
        }),
      );
    },
  );
});
