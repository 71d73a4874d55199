import { writeFileSync } from "node:fs";
import { simulate } from "@sage-kernel/testkit";
import { expect, it } from "vitest";
import { planOf, simulatedPipeline } from "./support/random-pipeline/simulated.ts";
import { range } from "./support/simulate.ts";

const seeds = range(20);

async function traceOf(seed: number): Promise<string> {
  const plan = planOf(seed);
  const report = await simulate({ seed, faults: {}, build: (world) => simulatedPipeline(plan, world) });
  return `${seed} ${report.events} ${report.trace}`;
}

it("a trace follows from its seed alone: not from what ran before it, nor from the version of Node", async () => {
  const traces: string[] = [];
  for (const seed of seeds) traces.push(await traceOf(seed));
  const again: string[] = [];
  for (const seed of [...seeds].reverse()) again.unshift(await traceOf(seed));

  expect(again).toEqual(traces);
  expect(new Set(traces.map((trace) => trace.split(" ")[2])).size).toBe(seeds.length);
  const { SAGE_TRACES: file } = process.env; // where `pnpm traces` looks for them
  if (file !== undefined) writeFileSync(file, `${traces.join("\n")}\n`);
}, 60_000);
