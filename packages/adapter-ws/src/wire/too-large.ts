import { SageError } from "@sage-kernel/core";

/** Says that something has more bytes than may be sent in one piece: `path` tells what. */
export function tooLarge(path: string, size: number, most: number): SageError<"INVALID_OPTION"> {
  const problem = `has ${size} bytes`;
  return new SageError("INVALID_OPTION", { path, problem, expected: `at most ${most} bytes` });
}
