/**
 * What the caller should do about an error.
 *
 * - `usage`: change the program or its options.
 * - `unavailable`: try again later or elsewhere.
 * - `full`: wait for room, or slow down.
 * - `closed`: stop using the thing; it has ended.
 * - `timeout`: allow more time, or find what is slow.
 * - `cancelled`: nothing; somebody asked for it.
 * - `failed`: user code failed; look at `cause`.
 * - `protocol`: two parts disagree; a bug in an adapter or a mixed deployment.
 * - `internal`: a bug in the kernel; please report it.
 */
export type ErrorKind =
  | "usage"
  | "unavailable"
  | "full"
  | "closed"
  | "timeout"
  | "cancelled"
  | "failed"
  | "protocol"
  | "internal";
