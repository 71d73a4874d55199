import { type CallCases, callCases } from "./call-cases.ts";
import { openOurService } from "./our-service.ts";

/** Ours with one interceptor, which lets every call pass. */
export const { sync1, sync64, async1, async64 }: CallCases = callCases((method) =>
  openOurService(method, { interceptors: [(call, next) => next(call)] }),
);
