import { SageError } from "../errors/sage-error.ts";
import { seatNamePattern } from "./job-channel.port.ts";

/**
 * Checks the name of a seat that somebody wants to join.
 *
 * @throws SageError `INVALID_OPTION`.
 */
export function checkSeatName(name: unknown): asserts name is string {
  if (typeof name === "string" && seatNamePattern.test(name)) return;
  const problem = `is ${JSON.stringify(name)}`;
  const expected = "1 to 128 letters, digits, '.', '_' and '-', beginning with a letter or digit";
  throw new SageError("INVALID_OPTION", { path: "name", problem, expected });
}
