import { type JsonValue, SageError } from "@sage-kernel/core";
import { decodeError, type WireError } from "@sage-kernel/core/spi";
import { Endpoint, type EndpointScope } from "../link/endpoint.ts";
import { eventSchema, replySchema } from "../wire/control.ts";
import { frameTypes } from "../wire/frame-type.ts";
import { decodeJson, encodeJson } from "../wire/json-body.ts";
import { encodeNumbers } from "../wire/numbers.ts";
import { ByteReader } from "../wire/varint.ts";
import { WireFault } from "../wire/wire-fault.ts";

/** What comes over a link, at a client. */
export interface LinkEvents {
  /** A frame of the hub; `body` is read up to behind the link's number. @throws WireFault. */
  onFrame(type: number, body: ByteReader): void;
  /** There is a connection again, or none for now. */
  onConnection(connected: boolean): void;
  /** The session is lost, and with it whatever was under way; `closed` where this process has ended it. */
  onLost(error: SageError, closed: boolean): void;
}

/** How a request goes on. */
export interface RequestOptions {
  /** Gives it up: its reason is what the request rejects with. */
  readonly signal?: AbortSignal | undefined;
  /** Takes what comes up while it goes on. */
  readonly onEvent?: ((event: JsonValue) => void) | undefined;
  /**
   * A request that is given up rejects only when the hub has said that it is, and resolves where it was done already; without a
   * connection it rejects at once.
   */
  readonly confirm?: boolean | undefined;
}

interface Pending {
  readonly resolve: (value: JsonValue) => void;
  readonly reject: (error: unknown) => void;
  readonly onEvent: ((event: JsonValue) => void) | undefined;
  /** It was given up, and the hub has not said so yet. */
  givenUp?: { readonly reason: unknown };
}

/** What a client has under way with a hub, over one connection after the other: requests, and links. */
export class ClientSession {
  readonly endpoint: Endpoint;
  /** Given by the hub with the first connection. */
  id: string | undefined;
  token: string | undefined;
  readonly #pending = new Map<number, Pending>();
  readonly #links = new Map<number, LinkEvents>();
  #requests = 0;
  #lost: SageError | undefined;

  constructor(scope: Omit<EndpointScope, "onFrame">) {
    this.endpoint = new Endpoint({ ...scope, onFrame: (type, body) => this.#onFrame(type, body) });
  }

  /** Why it is over, if it is. */
  get lost(): SageError | undefined {
    return this.#lost;
  }

  /** Adds a link under a number that this session has not used. */
  addLink(link: number, events: LinkEvents): void {
    this.#links.set(link, events);
  }

  /** Forgets a link. */
  removeLink(link: number): void {
    this.#links.delete(link);
  }

  /** Lets all links know whether there is a connection. */
  connection(connected: boolean): void {
    if (!connected) this.#giveUp();
    for (const link of [...this.#links.values()]) link.onConnection(connected);
  }

  /** Asks for something, once, however many connections that takes. */
  request(
    operation: string,
    args: object,
    { signal, onEvent, confirm = false }: RequestOptions = {},
  ): Promise<JsonValue> {
    if (this.#lost !== undefined) return Promise.reject(this.#lost);
    if (signal?.aborted === true) return Promise.reject(signal.reason);
    const id = ++this.#requests;
    return new Promise((resolve, reject) => {
      const onAbort = (): void => {
        this.endpoint.send(frameTypes.cancel, encodeNumbers([id]));
        pending.givenUp = { reason: signal?.reason };
        if (!confirm || !this.endpoint.connected) this.#giveUp(id);
      };
      const settled = <T>(settle: (value: T) => void) => {
        return (value: T): void => {
          signal?.removeEventListener("abort", onAbort);
          settle(value);
        };
      };
      signal?.addEventListener("abort", onAbort, { once: true });
      const pending: Pending = { resolve: settled(resolve), reject: settled(reject), onEvent };
      this.#pending.set(id, pending);
      this.endpoint.send(frameTypes.request, encodeJson([id, operation, args]));
    });
  }

  /** Asks to commit a unit of work; otherwise as {@link request}. */
  commit(unit: Uint8Array, onEvent: (event: JsonValue) => void): Promise<JsonValue> {
    if (this.#lost !== undefined) return Promise.reject(this.#lost);
    const id = ++this.#requests;
    return new Promise((resolve, reject) => {
      this.#pending.set(id, { resolve, reject, onEvent });
      this.endpoint.send(frameTypes.commit, encodeNumbers([id]), unit);
    });
  }

  /** Ends it: whatever waits is told why. */
  lose(error: SageError, closed = false): void {
    if (this.#lost !== undefined) return;
    this.#lost = error;
    this.endpoint.detach();
    for (const { reject } of this.#pending.values()) reject(error);
    this.#pending.clear();
    for (const link of [...this.#links.values()]) link.onLost(error, closed);
    this.#links.clear();
  }

  #onFrame(type: number, body: Uint8Array): void {
    if (type === frameTypes.reply) this.#onReply(body);
    else if (type === frameTypes.event) {
      const [id, event] = decodeJson(body, eventSchema);
      this.#pending.get(id)?.onEvent?.(event as JsonValue);
    } else if (type >= frameTypes.data && type <= frameTypes.advance) {
      const reader = new ByteReader(body);
      this.#links.get(reader.varint())?.onFrame(type, reader); // what is late for a link that is gone is dropped
    } else throw new WireFault("protocol", `a frame of type ${type} is not expected here`);
  }

  #onReply(body: Uint8Array): void {
    const [id, ok, value] = decodeJson(body, replySchema);
    const pending = this.#pending.get(id);
    this.#pending.delete(id); // what was given up meanwhile is dropped
    if (ok) pending?.resolve(value as JsonValue);
    else pending?.reject(pending.givenUp === undefined ? errorOf(value) : pending.givenUp.reason);
  }

  /** Waits no longer for what the hub says about what was given up. */
  #giveUp(only?: number): void {
    for (const [id, { givenUp, reject }] of this.#pending) {
      if (givenUp === undefined || (only !== undefined && id !== only)) continue;
      this.#pending.delete(id);
      reject(givenUp.reason);
    }
  }
}

function errorOf(value: unknown): Error {
  try {
    return decodeError(value as WireError);
  } catch {
    return new SageError("CONTROL_MESSAGE_INVALID", { path: "error", problem: "it is none" });
  }
}
