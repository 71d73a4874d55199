import { type CallCases, callCases } from "./call-cases.ts";

/** An async function: the floor, whatever the method of the row. */
export const { sync1, sync64, async1, async64 }: CallCases = callCases(() => ({ call: async (n) => n + 1 }));
