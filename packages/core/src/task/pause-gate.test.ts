import { describe, expect, test } from "vitest";
import { tick } from "../../test-support/fake-host.ts";
import { PauseGate } from "./pause-gate.ts";

function pause(gate: PauseGate) {
  const state = { still: false };
  void gate.pause().then(() => {
    state.still = true;
  });
  return state;
}

describe("a pause gate", () => {
  test("is open at first, closed by a pause and opened by a resume", () => {
    const gate = new PauseGate();
    expect(gate.paused).toBe(false);
    void gate.pause();
    expect(gate.paused).toBe(true);
    gate.resume();
    expect(gate.paused).toBe(false);
  });

  test("tells everybody who paused once the task stands still, and not before", async () => {
    const gate = new PauseGate();
    const pauses = [pause(gate), pause(gate)];
    await tick();
    expect(pauses.map(({ still }) => still)).toEqual([false, false]);

    gate.release();
    await tick();
    expect(pauses.map(({ still }) => still)).toEqual([true, true]);
  });

  test("ends every wait for a pause when it opens", async () => {
    const gate = new PauseGate();
    const pausing = pause(gate);
    gate.resume();
    await tick();

    expect(pausing.still).toBe(true);
  });

  test("answers once whether the task waited at it", () => {
    const gate = new PauseGate();
    void gate.pause();
    expect(gate.resume()).toBe(false);
    void gate.pause();
    gate.park();
    expect(gate.parked).toBe(true);
    expect([gate.resume(), gate.resume(), gate.parked]).toEqual([true, false, false]);
  });
});
