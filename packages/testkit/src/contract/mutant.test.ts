import { describe, expect, it } from "vitest";
import type { Contract } from "./contract.ts";
import { contractSuite } from "./contract-suite.ts";
import { checkMutants } from "./mutant.ts";

interface Lamp {
  lit(): Promise<boolean>;
}

const contract: Contract<Lamp> = {
  name: "Lamp",
  cases: [
    {
      id: "L-01",
      title: "is lit",
      async run(lamp) {
        if (!(await lamp.lit())) throw new Error("dark\nand cold");
      },
    },
    {
      id: "L-02",
      title: "answers",
      needs: ["answers"],
      async run(lamp) {
        await lamp.lit();
      },
    },
  ],
};
const good = { open: (): Lamp => ({ lit: async () => true }), capabilities: ["answers"] };
const dark = {
  ...good,
  id: "LM-1",
  title: "is dark",
  breaks: ["L-01"],
  open: () => ({ lit: async () => false }),
};
const stuck = {
  ...good,
  id: "LM-2",
  title: "never answers",
  breaks: ["L-01", "L-02"],
  open: () => ({ lit: () => new Promise<boolean>(() => undefined) }),
};

describe("checkMutants", () => {
  it("says which cases caught which mutants, and has no problem when all is well", async () => {
    const report = await checkMutants(contract, [dark, stuck], { reference: good, turns: 10 });

    expect(report.problems).toEqual([]);
    expect(report.mutants.map(({ id, caughtBy }) => [id, caughtBy])).toEqual([
      ["LM-1", ["L-01"]],
      ["LM-2", ["L-01", "L-02"]],
    ]);
    expect(report.cases.map(({ id, catches }) => [id, catches])).toEqual([
      ["L-01", ["LM-1", "LM-2"]],
      ["L-02", ["LM-2"]],
    ]);
    expect(report.mutants[0]?.failures).toEqual({ "L-01": "Error: dark" });
    expect(report.mutants[1]?.failures["L-02"]).toContain("did not settle within 10 turns");
  });

  it("finds mutants that survive, cases that catch none, and wrong claims", async () => {
    const claims = { ...good, id: "LM-3", title: "is good", breaks: ["L-01", "L-77"] };

    const report = await checkMutants(contract, [dark, claims, dark], { reference: dark });

    expect(report.problems).toEqual([
      "the id LM-1 is used twice",
      "the reference fails L-01: Error: dark",
      "LM-3 (is good) is not caught by L-01",
      "LM-3 (is good) is not caught by L-77",
      "LM-3 (is good) survives",
      "L-02 fails for no mutant",
    ]);
  });

  it("runs only the cases whose capabilities a mutant has", async () => {
    const { capabilities: _, ...silent } = stuck;

    const report = await checkMutants(contract, [silent], { reference: good, turns: 10 });

    expect(report.mutants[0]?.caughtBy).toEqual(["L-01"]);
    expect(report.problems).toEqual([
      "LM-2 (never answers) is not caught by L-02",
      "L-02 fails for no mutant",
    ]);
  });

  it("is what a suite does", async () => {
    const suite = contractSuite(contract, [dark, stuck], { about: "A lamp.", reference: good, turns: 10 });

    expect(suite.name).toBe("Lamp");
    expect((await suite.check()).contract).toBe("Lamp");
  });
});
