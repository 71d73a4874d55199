/**
 * Small faults for core: in `file`, under packages/core/src, `from` becomes `to`. Each must stand there exactly once;
 * the script says so when the code has moved on.
 */
const fault = (title, file, from, to) => ({ title, file, from, to });

export const kernelMutants = [
  fault(
    "an input ends one channel early",
    "task/input-tracker.ts",
    "if (open > 0) return undefined;",
    "if (open > 1) return undefined;",
  ),
  fault(
    "a gap in a channel is not seen",
    "task/input-tracker.ts",
    "if (batch.firstSeq !== state.received) {",
    "if (batch.firstSeq < state.received) {",
  ),
  fault(
    "records behind a stop signal are dropped in silence",
    "task/input-tracker.ts",
    "if (batch.payloads.length === 0) return false;",
    "if (batch.payloads.length >= 0) return false;",
  ),
  fault(
    "what finish() emits is not flushed",
    "task/finish-phase.ts",
    "    await committer.flush();\n    if (isEnded()) return;",
    "    if (isEnded()) return;",
  ),
  fault(
    "the stop goes out before the operator has finished",
    "task/finish-phase.ts",
    "  for (let done = finished || retired; !done; ) {",
    "  if (!finished) await committer.stop({ source: node, time: clock.now() });\n  for (let done = finished || retired; !done; ) {",
  ),
  fault(
    "a task that had finished finishes again after a restart",
    "task/finish-phase.ts",
    "let done = finished || retired;",
    "let done = retired;",
  ),
  fault(
    "the stop goes to the first step alone",
    "routing/router.ts",
    "    for (const connection of this.connections()) {\n      if (!connection.stopped)",
    "    for (const connection of this.groups[0]?.connections ?? []) {\n      if (!connection.stopped)",
  ),
  fault(
    "every branch gets the record itself, no copies",
    "routing/router.ts",
    "group.shared === true ? undefined : this.#copy;",
    "group.shared === true ? undefined : undefined;",
  ),
  fault(
    "the hash group is not folded",
    "routing/key-group.ts",
    "return ((hash >>> 16) ^ hash) & (keyGroups - 1);",
    "return hash & (keyGroups - 1);",
  ),
  fault(
    "groups are dealt out instead of ranged",
    "routing/key-group.ts",
    "return Math.floor((group * parallelism) / keyGroups);",
    "return group % parallelism;",
  ),
  fault(
    "a batch that is taken back keeps its numbers",
    "routing/connection.ts",
    "this.#nextSeq -= batch.elements;",
    "this.#nextSeq -= 0;",
  ),
  fault(
    "each part of a batch has its stop signal",
    "packet/batch.ts",
    "to === undefined ? this.stop : undefined,",
    "this.stop,",
  ),
  fault(
    "earlier incarnations may commit",
    "state/memory-state-store.ts",
    "if (this.epoch !== record.epoch || unit.epoch !== record.epoch) return fenced;",
    "",
  ),
  fault(
    "a unit that was applied is applied again",
    "state/memory-state-store.ts",
    "if (unit.sequence !== record.sequence + 1) return record.knows(unit) ? this.#repeated() : mismatch;",
    "if (unit.sequence > record.sequence + 1) return mismatch;",
  ),
  fault(
    "the input is acknowledged before the outputs are in",
    "state/memory-state-store.ts",
    "    let pending: Waits;\n    try {\n",
    "    let pending: Waits;\n    try {\n      if (position !== undefined) void this.#scope.input.advance(position);\n      if (outputs.length > 1) return applied;\n",
  ),
  fault(
    "nobody waits for outputs that did not fit",
    "state/memory-state-store.ts",
    'return { code: "applied", delivered };',
    "return applied;",
  ),
  fault(
    "what was done ahead is forgotten",
    "state/task-record.ts",
    "    this.ahead = unit.ahead;\n    this.handedOut = unit.handedOut;",
    "    this.handedOut = unit.handedOut;",
  ),
  fault(
    "channels are marked one record short",
    "state/channel-marks.ts",
    "mark.records = batch.firstSeq + batch.payloads.length;",
    "mark.records = batch.firstSeq + Math.max(0, batch.payloads.length - 1);",
  ),
  fault(
    "an unanswered unit is given up",
    "task/unit-committer.ts",
    'if (hasCode(error, "COMMIT_UNANSWERED")) return this.#resend(unit, attempt);',
    "",
  ),
  fault(
    "one attempt too many",
    "task/fault-policy.ts",
    "if (attempt >= rules.attempts) return undefined;",
    "if (attempt > rules.attempts) return undefined;",
  ),
  fault(
    "a failed attempt keeps its changes of state",
    "task/attempts.ts",
    "    ctx.discard();\n    const delayMs",
    "    const delayMs",
  ),
  fault(
    "one restart too many",
    "task/restart-strategy.ts",
    "failed: () => (used++ < attempts ? delayMs : undefined),",
    "failed: () => (used++ <= attempts ? delayMs : undefined),",
  ),
  fault(
    "a failure just outside of the interval counts",
    "task/restart-strategy.ts",
    "nowMs - oldest > intervalMs ? delayMs",
    "nowMs - oldest > intervalMs + 1 ? delayMs",
  ),
  fault(
    "the operator is closed twice",
    "task/base-task.ts",
    "      await this.#spec.operator.close();",
    "      await this.#spec.operator.close();\n      await this.#spec.operator.close();",
  ),
  fault(
    "a loop ends after one probe",
    "dispatch/loop-watch.ts",
    "const second = first === undefined ? undefined : await this.#count();",
    "const second = first;",
  ),
  fault(
    "a loop ends while records are under way in it",
    "dispatch/loop-watch.ts",
    'return records === sum("received") ?',
    "return records >= 0 ?",
  ),
  fault(
    "one dead letter more than there is room for",
    "state/dead-letter-store.ts",
    "return this.#held >= this.capacity;",
    "return this.#held > this.capacity;",
  ),
  fault("timers come in no order", "state/timer-heap.ts", "return a.at < b.at ||", "return a.at > b.at ||"),
  fault(
    "a timer comes just before its time",
    "state/timer-table.ts",
    "if (at === undefined || at > now) break;",
    "if (at === undefined || at > now + 1) break;",
  ),
  fault(
    "a paused task that waits for nothing is not woken",
    "task/worker-loop.ts",
    "if (this.#gate.resume()) this.#scope.scheduler.post(this);",
    "this.#gate.resume();",
  ),
  fault(
    "services stop in the order of their start",
    "dispatch/job-services.ts",
    "of [...this.#running].reverse()) {",
    "of [...this.#running]) {",
  ),
  fault(
    "one call more than the concurrency",
    "task/service-loop.ts",
    "while (this.#served < this.#line.length && stats.running < concurrency) {",
    "while (this.#served < this.#line.length && stats.running <= concurrency) {",
  ),
  fault(
    "a request whose time has passed is run",
    "task/call-runner.ts",
    "if (request.deadline <= now) {",
    "if (request.deadline < 0) {",
  ),
  fault(
    "a late reply goes to whoever has its place",
    "service/id-ring.ts",
    "if (this.#ids[slot] === id) return this.#slots[slot];",
    "if (this.#slots[slot] !== undefined) return this.#slots[slot];",
  ),
];
