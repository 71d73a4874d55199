import { expect, it } from "vitest";
import * as testkit from "./index.ts";

it("the list of suites has every contract that the testkit exports, once", () => {
  const exported = Object.values(testkit)
    .filter((value) => typeof value === "object" && "cases" in value)
    .map((contract) => (contract as { readonly name: string }).name);

  expect(exported.length).toBeGreaterThan(0);
  expect(testkit.contractSuites.map(({ name }) => name).sort()).toEqual(exported.sort());
});
