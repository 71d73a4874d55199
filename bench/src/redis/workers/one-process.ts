import { inOneProcess } from "./in-one-process.ts";

/** In one process, with everything in memory. */
export const rate = inOneProcess([]);
