import assert from "node:assert/strict";
import { setImmediate as turn } from "node:timers/promises";
import type { Scheduler } from "@sage-kernel/core/spi";
import type { Contract, ContractCase } from "../contract/contract.ts";
import { numbers } from "../contract/probes.ts";
import type { SchedulerSubject } from "./scheduler-subject.ts";

/** Resolves when a step that is posted now has run. */
const posted = (scheduler: Scheduler, step: () => void = () => undefined): Promise<void> =>
  new Promise((resolve) => {
    scheduler.post({
      run() {
        step();
        resolve();
      },
    });
  });

const cases: readonly ContractCase<SchedulerSubject>[] = [
  {
    id: "SCH-01",
    title: "a step runs soon, and never inside the call that posts it",
    run: ({ scheduler, run }) =>
      run(async () => {
        let inside = true;
        const ran: boolean[] = [];
        const outer = posted(scheduler, () => void ran.push(inside));
        inside = false;
        await outer;
        let inner: Promise<void> = Promise.resolve();
        await posted(scheduler, () => {
          inside = true;
          inner = posted(scheduler, () => void ran.push(inside));
          inside = false;
        });
        await inner;

        assert.deepEqual(ran, [false, false]);
      }),
  },
  {
    id: "SCH-02",
    title: "every posted step runs once, as often as it was posted",
    run: ({ scheduler, run }) =>
      run(async () => {
        const ran = numbers(100).map(() => 0);
        const steps = ran.map((_, n) => ({
          run(): void {
            ran[n] = (ran[n] as number) + 1;
          },
        }));
        for (const step of [...steps, ...steps.slice(0, 1)]) scheduler.post(step);
        for (let n = 0; n < 400 && (ran[0] !== 2 || ran.includes(0)); n++) await posted(scheduler);

        assert.deepEqual(ran, [2, ...numbers(99).map(() => 1)]);
      }),
  },
  {
    id: "SCH-03",
    title: "steps run in the order of posting, those that steps post behind all others",
    needs: ["ordered"],
    run: ({ scheduler, run }) =>
      run(async () => {
        const order: number[] = [];
        const steps = numbers(2000).map((n) =>
          posted(scheduler, () => {
            order.push(n);
            if (n % 100 === 0) steps.push(posted(scheduler, () => void order.push(2000 + n / 100)));
          }),
        );
        await Promise.all(steps);
        await Promise.all(steps);

        assert.deepEqual(order, numbers(2020));
      }),
  },
  {
    id: "SCH-04",
    title: "yield resolves, with other steps posted or not",
    run: ({ scheduler, run }) =>
      run(async () => {
        await scheduler.yield();
        const step = posted(scheduler);
        await scheduler.yield();
        await step;
      }),
  },
  {
    id: "SCH-05",
    title: "yield lets the event loop have a turn",
    needs: ["eventLoop"],
    run: ({ scheduler, run }) =>
      run(async () => {
        let turned = false;
        const other = turn().then(() => {
          turned = true;
        });

        await scheduler.yield();
        const turnedBefore = turned;
        await other;

        assert.equal(turnedBefore, true, "yield resolved before the event loop had a turn");
      }),
  },
  {
    id: "SCH-06",
    title: "the event loop gets its turns while steps post steps without end",
    needs: ["eventLoop"],
    run: ({ scheduler, run }) =>
      run(async () => {
        let turns = 0;
        const count = (): void => {
          turns++;
          if (turns < 3) setImmediate(count);
        };
        setImmediate(count);
        const steps = await new Promise<number>((resolve, reject) => {
          let ran = 0;
          let depth = 0;
          const step = {
            run(): void {
              ran++;
              depth++;
              if (depth > 100) reject(new Error("steps run inside each other"));
              else if (turns === 3 || ran === 1_000_000) resolve(ran);
              else scheduler.post(step);
              depth--;
            },
          };
          scheduler.post(step);
        });

        assert.equal(turns, 3, `${steps} steps ran while the event loop had ${turns} turns`);
      }),
  },
];

/** The promises of the `Scheduler` port. */
export const schedulerContract: Contract<SchedulerSubject> = { name: "Scheduler", cases };
