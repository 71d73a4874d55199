import { describeMutants } from "../vitest.ts";
import { clockMutants } from "./clock.mutants.ts";
import { clockContract } from "./clock-contract.ts";
import { fakeClockBinding } from "./clock-subject.ts";

describeMutants(clockContract, clockMutants, { reference: fakeClockBinding });
