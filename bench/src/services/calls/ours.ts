import { type CallCases, callCases } from "./call-cases.ts";
import { openOurService } from "./our-service.ts";

/** Ours with default settings. */
export const { sync1, sync64, async1, async64 }: CallCases = callCases((method) => openOurService(method));
