import { describeValue } from "../errors/sage-error.ts";
import { analyseLoops } from "./loops.ts";
import { resolveUpstream } from "./resolve-upstream.ts";
import { type FutureSlot, stepId, type Transformation } from "./transformation.ts";
import { namePattern, nameRemedy, type Report } from "./validate-options.ts";

/** What futures are checked against. */
export interface FutureScope {
  readonly environment: object;
  readonly steps: readonly Transformation[];
  readonly futures: readonly FutureSlot[];
}

/** Checks that every future is named, read, and filled once. */
export function checkFutures({ environment, steps, futures }: FutureScope, report: Report): void {
  const readers = [...steps.flatMap((step) => step.inputs), ...futures.flatMap((future) => future.fills)];
  const read = new Set(readers.flat().flatMap((up) => ("future" in up ? [up.future] : [])));
  const names = new Set<string>();
  for (const future of futures) {
    const { name, fills, maxLoopRecords } = future;
    const node = String(name);
    if (typeof name !== "string" || !namePattern.test(name))
      report(node, "INVALID_NAME", `The future's name is ${describeValue(name)}.`, nameRemedy);
    if (names.has(node))
      report(node, "DUPLICATE_NAME", "Several futures have this name.", "Give each its own.");
    names.add(node);
    if (!Number.isSafeInteger(maxLoopRecords) || maxLoopRecords < 1) {
      const message = `Its maxLoopRecords is ${describeValue(maxLoopRecords)}.`;
      report(node, "INVALID_LOOP_LIMIT", message, "Use an integer of at least 1.");
    }
    if (fills.length === 0) {
      const remedy = "End the way back with fill(future), or take the future out.";
      report(node, "UNFILLED_FUTURE", "Nothing fills this future.", remedy);
    }
    if (fills.length > 0 && resolveUpstream({ future, shared: false }).length === 0) {
      report(
        node,
        "UNFILLED_FUTURE",
        "It is filled by nothing but futures.",
        "Fill it with a step's output.",
      );
    }
    if (fills.length > 1) {
      const remedy = "Fill it once: union() the streams before.";
      report(node, "FILLED_TWICE", `This future is filled ${fills.length} times.`, remedy);
    }
    if (!read.has(future) && fills.length > 0) {
      report(node, "DANGLING", "Nothing reads this future.", "Use the stream that fromFuture() returned.");
    }
    const foreign = fills
      .flat()
      .some((up) => ("step" in up ? up.step : up.future).environment !== environment);
    if (foreign) {
      const remedy = "Declare the whole pipeline in one environment.";
      report(node, "MIXED_ENVIRONMENTS", "It is filled by a stream of another environment.", remedy);
    }
  }
}

/** Checks that every cycle goes through a future and that something feeds it. */
export function checkLoops({ steps }: FutureScope, report: Report): void {
  const places = new Map(steps.map((step, place) => [step, `${place}`])); // names may be ambiguous here
  const edges = steps.flatMap((step) =>
    step.inputs
      .flat()
      .flatMap((up) => resolveUpstream(up))
      .filter((up) => places.has(up.step))
      .map((up) => ({
        from: places.get(up.step) as string,
        to: places.get(step) as string,
        future: up.future,
      })),
  );
  const found = analyseLoops([...places.values()], edges);
  const undeclared = found.undeclared.map((cycle) =>
    cycle.map((place) => stepId(steps[Number(place)] as Transformation)),
  );
  const { unfed } = found;
  for (const cycle of undeclared) {
    const remedy = "Declare the way back with fromFuture() and fill().";
    report(cycle[0] as string, "UNDECLARED_CYCLE", `It is part of a cycle: ${cycle.join(" → ")}.`, remedy);
  }
  for (const loop of unfed) {
    const remedy = "Bring records into it, for instance by union() with a source.";
    report(loop, "UNFED_LOOP", "No record can ever come into this loop.", remedy);
  }
}
