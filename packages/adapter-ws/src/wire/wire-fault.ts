/** Codes with which a connection is closed, beside those of RFC 6455. */
export const closeCodes = {
  normal: 1000,
  goingAway: 1001,
  internal: 1011,
  protocol: 4400,
  unauthorized: 4401,
  expired: 4402,
  forbidden: 4403,
  timeout: 4408,
  takenOver: 4409,
  resumeFailed: 4410,
  version: 4412,
  limit: 4429,
  draining: 4503,
} as const;

/** Name of a reason to close a connection. */
export type CloseReason = keyof typeof closeCodes;

/** What a peer has sent breaks the protocol: its connection is closed with this reason, and the reason is counted. */
export class WireFault extends Error {
  readonly reason: CloseReason;

  constructor(reason: CloseReason, message: string) {
    super(message);
    this.name = "WireFault";
    this.reason = reason;
  }
}
