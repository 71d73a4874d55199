import type { Principal } from "@sage-kernel/core";
import type { Clock, Timer } from "@sage-kernel/core/spi";
import type { Hello } from "../wire/handshake.ts";
import { WireFault } from "../wire/wire-fault.ts";
import type { HubSession } from "./hub-session.ts";

/** Bounds of sessions. */
export interface SessionBounds {
  /** How long a session is kept without a connection, in ms. */
  readonly sessionTtlMs: number;
  readonly maxSessions: number;
  /** Sessions of one principal. */
  readonly maxSessionsPerPrincipal: number;
}

/** What the sessions of a hub are kept with. */
export interface HubSessionsScope {
  readonly clock: Pick<Clock, "setTimer">;
  /** A secret that nobody guesses. */
  readonly secret: () => string;
  readonly bounds: SessionBounds;
  /** Makes one. */
  readonly make: (id: string, principal: Principal | undefined) => HubSession;
}

interface Known {
  readonly session: HubSession;
  /** Any of them proves that who comes back is who has it; oldest first. */
  tokens: string[];
  ttl?: Timer;
}

/** The sessions of a hub: who they belong to, with what one goes on with them, and for how long. */
export class HubSessions {
  readonly #scope: HubSessionsScope;
  readonly #known = new Map<string, Known>();

  constructor(scope: HubSessionsScope) {
    this.#scope = scope;
  }

  get size(): number {
    return this.#known.size;
  }

  /** All of them. */
  all(): HubSession[] {
    return [...this.#known.values()].map(({ session }) => session);
  }

  /**
   * The session that a client goes on with, or a new one and why; and its next token.
   *
   * @throws WireFault `forbidden`, `limit`, `resumeFailed`.
   */
  welcome(hello: Hello, principal: Principal | undefined) {
    const { session, why } = this.#sessionFor(hello, principal);
    const known = this.#known.get(session.id) as Known;
    const token = this.#scope.secret();
    const resumed = why === undefined && hello.session !== undefined;
    session.goesOnAs(principal);
    known.tokens = [...stillValid(known.tokens, hello.token ?? ""), token];
    known.ttl?.clear();
    return { session, why, token, resumed };
  }

  /** A session has no connection. */
  away({ id }: HubSession): void {
    const known = this.#known.get(id);
    if (known === undefined) return;
    known.ttl?.clear();
    known.ttl = this.#scope.clock.setTimer(this.#scope.bounds.sessionTtlMs, () => this.end(id));
  }

  /** Ends a session. Without `detach` what was sent still leaves. */
  end(id: string, detach = true): void {
    const known = this.#known.get(id);
    if (known === undefined) return;
    this.#known.delete(id);
    known.ttl?.clear();
    known.session.end(detach);
  }

  #sessionFor(
    { session: id, token = "", received }: Hello,
    principal: Principal | undefined,
  ): { readonly session: HubSession; readonly why?: string } {
    if (id === undefined) return { session: this.#begin(principal) };
    const known = this.#known.get(id);
    if (known === undefined)
      return { session: this.#begin(principal), why: "the hub has forgotten the session" };
    const own = known.session.principal?.id === principal?.id;
    if (!own || !known.tokens.some((valid) => sameSecret(valid, token)))
      throw new WireFault("forbidden", "the session is somebody else's");
    known.session.endpoint.checkResume(received);
    return { session: known.session };
  }

  #begin(principal: Principal | undefined): HubSession {
    const { bounds, secret, make } = this.#scope;
    if (this.#known.size >= bounds.maxSessions) throw new WireFault("limit", "there are too many sessions");
    const own = this.all().filter((session) => session.principal?.id === principal?.id);
    if (principal !== undefined && own.length >= bounds.maxSessionsPerPrincipal)
      throw new WireFault("limit", "there are too many sessions of one principal");
    const session = make(secret(), principal);
    this.#known.set(session.id, { session, tokens: [] });
    return session;
  }
}

/** Tokens of a session that count beside the newest one, most of them. */
const mostTokens = 8;

/**
 * The tokens that still count when one is shown: that one and all that were issued since. Those may not have arrived; and a
 * connection that was given up may show an earlier one behind what the present one was given.
 */
function stillValid(tokens: readonly string[], shown: string): string[] {
  const from = tokens.findIndex((token) => sameSecret(token, shown));
  if (from < 0) return [];
  const [first, ...since] = tokens.slice(from) as [string, ...string[]];
  return [first, ...since.slice(1 - mostTokens)];
}

/** Whether two secrets are the same, in a time that does not depend on where they differ. */
function sameSecret(a: string, b: string): boolean {
  let difference = a.length ^ b.length;
  for (let i = 0; i < a.length; i++) difference |= a.charCodeAt(i) ^ (b.charCodeAt(i) || 0);
  return difference === 0;
}
