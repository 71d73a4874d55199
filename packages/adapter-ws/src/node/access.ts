import { createHash, timingSafeEqual } from "node:crypto";
import type { IncomingMessage } from "node:http";
import type { Principal } from "@sage-kernel/core";
import type { MaybePromise } from "@sage-kernel/core/spi";

/** Who has a connection, and for how long that is known, in ms; by default as long as it stands. */
export type Authenticated = Principal & { readonly validForMs?: number };

/**
 * Tells who asks for a connection; `undefined` for nobody who may. When its time is over the connection is closed (`expired`), and
 * the client goes on with its session over another one, for which it is authenticated again.
 */
export type Authenticate = (request: IncomingMessage) => MaybePromise<Authenticated | undefined>;

/** Those who may connect, by their bearer tokens. */
export type Tokens = Readonly<Record<string, Principal>>;

/** Authenticates by tokens, which are compared in constant time. */
export function bearerTokens(tokens: Tokens): Authenticate {
  const known = Object.entries(tokens).map(([token, principal]) => [digest(token), principal] as const);
  return ({ headers }) => {
    const given = digest(bearerOf(headers.authorization, headers["sec-websocket-protocol"]));
    let found: Principal | undefined;
    for (const [token, principal] of known) if (timingSafeEqual(token, given)) found = principal;
    return found;
  };
}

/** Begins the subprotocol in which a browser, which sends no headers of its own, hands over its token. */
export const bearerProtocol = "sage.bearer.";

function bearerOf(header: string | undefined, protocols: string | undefined): string {
  if (header !== undefined) return /^Bearer (\S+)$/i.exec(header)?.[1] ?? "";
  const offered = (protocols ?? "").split(",").map((each) => each.trim());
  const bearer = offered.find((each) => each.startsWith(bearerProtocol)) ?? bearerProtocol;
  return Buffer.from(bearer.slice(bearerProtocol.length), "base64url").toString();
}

const digest = (text: string): Buffer => createHash("sha256").update(text).digest();
