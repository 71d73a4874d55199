import { SageError } from "@sage-kernel/core";
import { isLoopback } from "../wire/loopback.ts";
import type { Token } from "./token.ts";

/** What a client is told about the way to its hub. */
export interface WayOptions {
  readonly url: string;
  readonly token?: Token | undefined;
  /** A token may go in clear text to another machine. */
  readonly allowInsecure?: boolean | undefined;
}

/** Looks whether a token would go in clear text to another machine. @throws SageError `INVALID_OPTION`. */
export function checkWay({ url, token, allowInsecure = false }: WayOptions): void {
  if (token === undefined || allowInsecure || !/^ws:/i.test(url)) return;
  const { hostname } = parsed(url);
  if (isLoopback(hostname)) return;
  const problem = `is "ws://${hostname}": the token and all records could be read on their way`;
  const expected = "wss://, or allowInsecure: true where something else encrypts";
  throw new SageError("INVALID_OPTION", { path: "url", problem, expected });
}

function parsed(url: string): URL {
  try {
    return new URL(url);
  } catch {
    throw new SageError("INVALID_OPTION", { path: "url", problem: "is no URL", expected: "ws: or wss:" });
  }
}
