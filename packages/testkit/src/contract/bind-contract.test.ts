import { describe, expect, it } from "vitest";
import { createBinder } from "./bind-contract.ts";
import type { Contract } from "./contract.ts";

const contract: Contract<number> = {
  name: "Number",
  cases: [
    { id: "N-01", title: "is above zero", run: async (n) => check(n > 0) },
    { id: "N-02", title: "is even", run: async (n) => check(n % 2 === 0) },
    { id: "N-03", title: "is large", needs: ["large"], run: async (n) => check(n > 1000) },
    { id: "N-04", title: "is small", unless: ["large"], run: async (n) => check(n < 1000) },
  ],
};

function check(ok: boolean): void {
  if (!ok) throw new Error("it is not");
}

/** A runner that keeps what is declared, and runs it when asked. */
function recorder() {
  const groups: string[] = [];
  const skipped: string[] = [];
  const tests = new Map<string, () => Promise<void>>();
  const binder = createBinder({
    describe: (title, body) => {
      groups.push(title);
      body();
    },
    it: Object.assign((title: string, run: () => Promise<void>) => tests.set(title, run), {
      skip: (title: string) => skipped.push(title),
    }),
  });
  const outcomes = async (): Promise<Record<string, string>> => {
    const found: Record<string, string> = {};
    for (const [title, run] of tests)
      found[title] = await run().then(
        () => "ok",
        (error: Error) => error.message,
      );
    return found;
  };
  return { binder, groups, skipped, outcomes };
}

describe("describeContract", () => {
  it("declares a test for each case that applies, and says why it skips the others", async () => {
    const { binder, groups, skipped, outcomes } = recorder();

    binder.describeContract(contract, { open: () => 3, lacks: { large: "it has one digit" } });

    expect(groups).toEqual(["Number contract"]);
    expect(skipped).toEqual(["N-03 is large [needs large: it has one digit]"]);
    expect(await outcomes()).toEqual({
      "N-01 is above zero": "ok",
      "N-02 is even": "it is not",
      "N-04 is small": "ok",
    });
  });

  it("runs the opposite case where a capability is there", async () => {
    const { binder, skipped, outcomes } = recorder();

    binder.describeContract(contract, { open: () => 2000, capabilities: ["large"] });

    expect(skipped).toEqual(["N-04 is small [only without large]"]);
    expect(await outcomes()).toMatchObject({ "N-03 is large": "ok" });
  });

  it("expects known deviations to fail, and tells when one is gone or names no case that is run", async () => {
    const { binder, outcomes } = recorder();

    binder.describeContract(contract, {
      open: () => 3,
      deviations: { "N-01": "was negative", "N-02": "odd by design", "N-03": "small", "N-99": "typo" },
    });

    expect(await outcomes()).toEqual({
      "N-01 is above zero [known deviation: was negative]": expect.stringContaining("N-01 passes"),
      "N-02 is even [known deviation: odd by design]": "ok",
      "N-04 is small": "ok",
      "deviation N-03": "no case N-03 is run: take it off the list",
      "deviation N-99": "no case N-99 is run: take it off the list",
    });
  });

  it("gives each run an id of its own, and each case its name", async () => {
    const names: { caseId: string; runId: string }[] = [];
    for (const _ of [1, 2]) {
      const { binder, outcomes } = recorder();
      binder.describeContract(contract, { open: (given) => names.push(given) });
      await outcomes();
    }

    expect(names.map(({ caseId }) => caseId)).toEqual(["N-01", "N-02", "N-04", "N-01", "N-02", "N-04"]);
    expect(new Set(names.map(({ runId }) => runId)).size).toBe(2);
  });
});

describe("describeMutants", () => {
  it("declares a test for each mutant and each case, and one for the rest", async () => {
    const { binder, outcomes } = recorder();
    const mutants = [
      { id: "NM-1", title: "is negative", breaks: ["N-01"], open: () => -2 },
      { id: "NM-2", title: "is odd", breaks: ["N-01"], open: () => 3 },
      { id: "NM-3", title: "is good", breaks: [], open: () => 6 },
    ];

    binder.describeMutants(contract, mutants, { reference: { open: () => 5000 } });

    expect(await outcomes()).toEqual({
      "holds for the reference, and every id is used once": "the reference fails N-04: Error: it is not",
      "catches NM-1 is negative": "ok",
      "catches NM-2 is odd": "NM-2 (is odd) is not caught by N-01",
      "catches NM-3 is good": "NM-3 (is good) survives",
      "N-01 catches a mutant": "ok",
      "N-02 catches a mutant": "ok",
      "N-03 catches a mutant": "N-03 fails for no mutant",
      "N-04 catches a mutant": "N-04 fails for no mutant",
    });
  });
});
