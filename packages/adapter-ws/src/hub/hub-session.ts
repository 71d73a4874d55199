import { type JsonValue, type Principal, SageError } from "@sage-kernel/core";
import { encodeError, permits, type Timer } from "@sage-kernel/core/spi";
import { Endpoint, type EndpointScope } from "../link/endpoint.ts";
import type { Socket } from "../link/socket.port.ts";
import { requestSchema } from "../wire/control.ts";
import { frameTypes } from "../wire/frame-type.ts";
import { decodeJson } from "../wire/json-body.ts";
import { decodeNumbers } from "../wire/numbers.ts";
import { ByteReader } from "../wire/varint.ts";
import { type CloseReason, WireFault } from "../wire/wire-fault.ts";
import { type Answered, answerBody, eventBody } from "./answer.ts";
import type { HubClientRef, HubRequest } from "./hub-client-ref.ts";
import type { HubLink } from "./hub-link.ts";
import { takesPart } from "./takes-part.ts";

/** Bounds of what one session may have under way. */
export interface SessionLimits {
  readonly maxLinks: number;
  readonly maxRequests: number;
  /** Bytes of the largest request of a principal that takes no part in the work: it comes in parts, which take memory until then. */
  readonly maxGuestBodyBytes: number;
}

/** What a session of a hub works with. */
export interface HubSessionScope extends Omit<EndpointScope, "onFrame" | "onBacklog"> {
  /** Its client takes nothing for too long. */
  readonly onBacklog: (session: HubSession) => void;
  readonly id: string;
  /** Who it belongs to; nobody else goes on with it. */
  readonly principal: Principal | undefined;
  readonly limits: SessionLimits;
  /** Does what a client asks for. */
  readonly operate: (
    session: HubSession,
    operation: string,
    args: object,
    request: HubRequest,
  ) => Promise<JsonValue | undefined>;
  /** Commits a unit of work. @throws WireFault. */
  readonly commit: (session: HubSession, unit: Uint8Array, event: HubRequest["event"]) => Promise<JsonValue>;
  /** Closes the connection of a client that breaks the protocol. */
  readonly onFault: (session: HubSession, fault: WireFault) => void;
  /** Takes note of an answer that could not be sent as it was. */
  readonly onUnsendable: (session: HubSession, reason: CloseReason, why: string) => void;
}

/** The hub's end of a session: links and requests of one client, over one connection after the other. */
export class HubSession implements HubClientRef {
  readonly id: string;
  readonly endpoint: Endpoint;
  readonly links = new Map<number, HubLink>();
  /** Its connection, if there is one. */
  socket: Socket | undefined;
  readonly #scope: HubSessionScope;
  #principal: Principal | undefined;
  readonly #requests = new Map<number, AbortController>();
  readonly #onEnd = new Set<() => void>();
  readonly #onSilence = new Map<() => void, { readonly ms: number; timer?: Timer | undefined }>();
  #ended = false;

  constructor(scope: HubSessionScope) {
    this.id = scope.id;
    this.#principal = scope.principal;
    this.#scope = scope;
    const mostBytes = (): number => {
      const { maxBodyBytes, limits } = scope;
      return takesPart(this.#principal) ? maxBodyBytes : Math.min(maxBodyBytes, limits.maxGuestBodyBytes);
    };
    this.endpoint = new Endpoint({
      ...scope,
      get maxBodyBytes() {
        return mostBytes();
      },
      onBacklog: () => scope.onBacklog(this),
      onFrame: (type, body) => this.#onFrame(type, body),
    });
  }

  get principal(): Principal | undefined {
    return this.#principal;
  }

  /** It goes on as the same principal, who may have other roles by now: who works no longer has no links. */
  goesOnAs(principal: Principal | undefined): void {
    this.#principal = principal;
    if (permits(principal, "worker")) return;
    for (const link of this.links.values()) link.leave();
    this.links.clear();
  }

  onEnd(listener: () => void): () => void {
    this.#onEnd.add(listener);
    return () => this.#onEnd.delete(listener);
  }

  onSilence(ms: number, listener: () => void): () => void {
    // Who is away already has been silent from now on at least.
    const timer = this.socket === undefined ? this.#scope.clock.setTimer(ms, listener) : undefined;
    this.#onSilence.set(listener, { ms, timer });
    return () => {
      this.#onSilence.get(listener)?.timer?.clear();
      this.#onSilence.delete(listener);
    };
  }

  /** It has a connection again, or none for now. */
  connection(connected: boolean): void {
    for (const link of this.links.values()) {
      if (connected) link.connected();
      else link.disconnected();
    }
    for (const [listener, silence] of this.#onSilence) {
      silence.timer?.clear();
      silence.timer = connected ? undefined : this.#scope.clock.setTimer(silence.ms, listener);
    }
  }

  /** It is over: whatever it has is given up. Without `detach` what was sent still leaves. */
  end(detach = true): void {
    if (this.#ended) return;
    this.#ended = true;
    if (detach) this.endpoint.detach();
    for (const request of this.#requests.values()) request.abort();
    for (const link of this.links.values()) link.leave();
    this.links.clear();
    for (const { timer } of this.#onSilence.values()) timer?.clear();
    for (const listener of this.#onEnd) listener();
  }

  /** The link of this number. @throws SageError `QUEUE_UNAVAILABLE`: what is asked behind an `open` may come to one that was refused. */
  link(number: number): HubLink {
    const link = this.links.get(number);
    if (link === undefined)
      throw new SageError("QUEUE_UNAVAILABLE", { queue: `link ${number}`, problem: "there is no such link" });
    return link;
  }

  #onFrame(type: number, body: Uint8Array): void {
    if (this.#ended) return;
    if (type === frameTypes.request) {
      const [id, operation, args] = decodeJson(body, requestSchema);
      this.#begin(id, (request) => this.#scope.operate(this, operation, args, request));
    } else if (type === frameTypes.commit) {
      const reader = new ByteReader(body);
      const id = reader.varint();
      this.#begin(id, ({ event }) => this.#scope.commit(this, reader.rest(), event));
    } else if (type === frameTypes.cancel) {
      const [id] = decodeNumbers(body, 1);
      this.#requests.get(id as number)?.abort();
    } else if (type >= frameTypes.data && type <= frameTypes.advance) {
      const reader = new ByteReader(body);
      this.links.get(reader.varint())?.onFrame(type, reader); // what is late for a link that is gone is dropped
    } else throw new WireFault("protocol", `a frame of type ${type} is not expected here`);
  }

  /** Begins a request, and answers it when it is done. */
  #begin(id: number, run: (request: HubRequest) => Promise<JsonValue | undefined>): void {
    if (this.#requests.has(id)) throw new WireFault("protocol", "a request comes twice");
    if (this.#requests.size >= this.#scope.limits.maxRequests)
      throw new WireFault("limit", "too many requests are under way");
    const given = new AbortController();
    this.#requests.set(id, given);
    const { maxBodyBytes } = this.#scope;
    const answer = (answered: Answered): void => {
      this.#requests.delete(id);
      if (this.#ended) return;
      const { body, refused } = answerBody(id, answered, maxBodyBytes);
      this.endpoint.send(frameTypes.reply, body);
      if (refused !== undefined) this.#scope.onUnsendable(this, refused.reason, refused.why);
    };
    const event = (value: JsonValue): void => {
      if (!this.#ended && this.#requests.get(id) === given)
        this.endpoint.send(frameTypes.event, eventBody(id, value, maxBodyBytes));
    };
    run({ signal: given.signal, event })
      .then(
        (value) => answer({ ok: true, value }),
        (error: unknown) => {
          if (error instanceof WireFault) this.#scope.onFault(this, error);
          answer({ ok: false, value: encodeError(error) });
        },
      )
      .catch(() => this.socket?.terminate()); // one client's trouble, not that of the hub's process
  }
}
