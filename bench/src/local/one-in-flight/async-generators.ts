import type { BenchCase } from "../../harness/bench-case.ts";
import { asyncGenerators } from "../sync/async-generators.ts";
import { roundTripCase } from "./round-trip-case.ts";

/** Async generators pull one record at a time by themselves. */
export const rate: BenchCase = roundTripCase(() => asyncGenerators);
