import type { BenchCase } from "../../harness/bench-case.ts";
import { effectStreams } from "../sync/effect.ts";
import { roundTripCase } from "./round-trip-case.ts";

/** Effect's streams in chunks of one record: the next chunk is pulled when the sink has had the last one. */
export const rate: BenchCase = roundTripCase(() => effectStreams(1));
