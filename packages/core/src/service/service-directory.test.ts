import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { failureOf } from "../../test-support/failure.ts";
import { CallStats } from "./call-stats.ts";
import { ServiceDirectory } from "./service-directory.ts";
import type { ServiceEntry } from "./service-entry.ts";

fc.configureGlobal({ numRuns: process.env.SAGE_DEEP === "1" ? 2000 : 150 });

const entryOf = (job: string, name: string): ServiceEntry => ({
  job,
  name,
  methods: new Set(),
  rules: { timeoutMs: 1000, overflow: "wait", idempotent: new Set() },
  instances: [],
  resilience: { interceptors: [], breaker: undefined },
  stats: new CallStats(),
  stopping: false,
  draining: false,
});

/** A directory of services, given as `job/name`. */
function setUp(...addresses: string[]) {
  const directory = new ServiceDirectory();
  const entries = addresses.map((address) => entryOf(...(address.split("/") as [string, string])));
  for (const entry of entries) directory.add(entry);
  const find = (name: string, job?: string) => {
    const { job: of, name: found } = directory.find(name, job);
    return `${of}/${found}`;
  };
  return { directory, entries, find };
}

describe("a service is found", () => {
  test("in the caller's own job, whatever the others have", () => {
    const { find } = setUp("a/v", "b/v", "c/v");

    expect(["a", "b", "c"].map((job) => find("v", job))).toEqual(["a/v", "b/v", "c/v"]);
  });

  test("in the only job that has it, from any job and from outside of all", () => {
    const { find } = setUp("a/v", "b/w");

    expect([find("v", "b"), find("v", "none"), find("v"), find("w", "a")]).toEqual([
      "a/v",
      "a/v",
      "a/v",
      "b/w",
    ]);
  });

  test("by its whole name, of whatever letters", () => {
    const { directory } = setUp();
    for (const name of ["__proto__", "constructor", "toString", ""]) {
      expect(failureOf(() => directory.find(name, "a"))).toMatchObject({ code: "SERVICE_NOT_FOUND" });
      const entry = entryOf("a", name);
      directory.add(entry);
      expect([directory.find(name, "a"), directory.find(name, undefined)]).toEqual([entry, entry]);
    }
  });
});

describe("a service is not found", () => {
  test("where there is none, and the error names those that there are", () => {
    const { find } = setUp("a/v", "b/w", "c/v");

    expect(failureOf(() => find("x", "a"))).toEqual({
      code: "SERVICE_NOT_FOUND",
      details: { service: "x", known: ["v", "w"] },
    });
  });

  test("where several other jobs have one, and the error names them", () => {
    const { find } = setUp("a/v", "b/v");

    const ambiguous = { code: "SERVICE_AMBIGUOUS", details: { service: "v", jobs: ["a", "b"] } };
    expect([failureOf(() => find("v", "c")), failureOf(() => find("v"))]).toEqual([ambiguous, ambiguous]);
  });

  test("once it was removed, and the only one left is", () => {
    const { directory, entries, find } = setUp("a/v", "b/v");
    directory.remove(entries[0] as ServiceEntry);
    expect([find("v", "a"), directory.entries]).toEqual(["b/v", [entries[1]]]);

    directory.remove(entries[1] as ServiceEntry);
    expect(failureOf(() => find("v", "a"))).toMatchObject({ details: { known: [] } });
    expect(directory.entries).toEqual([]);
  });
});

describe("a directory of services", () => {
  test("finds what a list would find, whatever is added and removed", () => {
    const change = fc.tuple(fc.constantFrom("a", "b", "c"), fc.constantFrom("v", "w", "__proto__"));
    fc.assert(
      fc.property(fc.array(change, { maxLength: 30 }), (changes) => {
        const directory = new ServiceDirectory();
        let model: ServiceEntry[] = [];
        for (const [job, name] of changes) {
          const there = model.find((entry) => entry.job === job && entry.name === name);
          if (there === undefined) model.push(entryOf(job, name));
          else model = model.filter((entry) => entry !== there);
          if (there === undefined) directory.add(model.at(-1) as ServiceEntry);
          else directory.remove(there);

          expect(directory.entries).toEqual(model);
          for (const asked of ["v", "w", "__proto__"]) {
            const named = model.filter((entry) => entry.name === asked);
            for (const from of ["a", "b", "c", undefined]) {
              const own =
                named.find((entry) => entry.job === from) ?? (named.length === 1 ? named[0] : undefined);
              const code = named.length === 0 ? "SERVICE_NOT_FOUND" : "SERVICE_AMBIGUOUS";
              if (own === undefined) expect(failureOf(() => directory.find(asked, from))?.code).toBe(code);
              else expect(directory.find(asked, from)).toBe(own);
            }
          }
        }
      }),
    );
  });
});
