import { type JsonValue, type Principal, SageError } from "@sage-kernel/core";
import { type Clock, permits } from "@sage-kernel/core/spi";
import type { Socket, SocketEvents } from "../link/socket.port.ts";
import { frameTypes } from "../wire/frame-type.ts";
import { helloSchema, type Welcome } from "../wire/handshake.ts";
import { decodeJson, encodeJson } from "../wire/json-body.ts";
import { decodeMessage, encodeMessage, wireVersion } from "../wire/message.ts";
import { type CloseReason, closeCodes, WireFault } from "../wire/wire-fault.ts";
import { ConnectionRate, type RateLimits } from "./connection-rate.ts";
import type { HubRequest } from "./hub-client-ref.ts";
import { HubSession, type SessionLimits } from "./hub-session.ts";
import { HubSessions, type SessionBounds } from "./hub-sessions.ts";
import type { Operation } from "./operation.ts";
import { takesPart } from "./takes-part.ts";

/** What a hub needs of its surroundings, and its limits. */
export interface HubScope {
  readonly clock: Pick<Clock, "monotonic" | "setTimer">;
  /** Runs something behind what is under way now, such as a microtask. */
  readonly defer: (run: () => void) => void;
  /** A secret that nobody guesses. */
  readonly secret: () => string;
  /** What clients may ask for. */
  readonly operations: ReadonlyMap<string, Operation<object, HubSession>>;
  /** Commits a unit of work. @throws WireFault. */
  readonly commit: (unit: Uint8Array, event: HubRequest["event"]) => Promise<JsonValue>;
  readonly limits: HubLimits;
  /** A connection was refused or closed for this reason. */
  readonly onFault?:
    | ((reason: CloseReason, message: string, principal: Principal | undefined) => void)
    | undefined;
}

/** Limits of a hub. */
export interface HubLimits extends SessionBounds, SessionLimits, RateLimits {
  /** Bytes of the largest frame, and of a message that has one. */
  readonly maxFrameBytes: number;
  /** Bytes of the largest request, or unit of work, which come in parts. */
  readonly maxBodyBytes: number;
  /** How long a client may take to say who it is, in ms. */
  readonly helloTimeoutMs: number;
  /** How often a sign of life is asked for where nothing comes, in ms. */
  readonly heartbeatMs: number;
  /** Bytes that may wait for one client before its session ends. */
  readonly maxBacklogBytes: number;
}

/** How long what was sent to clients may take to arrive at the end, in ms. */
const drainTimeoutMs = 2000;

/** Bytes of the largest first message. */
const longestHello = 4096;

/**
 * What others connect to: sessions, each with one connection at a time, and operations that they may ask for. The newest connection
 * of a session wins, and belongs to the principal that has begun it.
 */
export class Hub {
  /** How often connections were closed, by reason. */
  readonly faults = new Map<CloseReason, number>();
  readonly #scope: HubScope;
  readonly #sessions: HubSessions;
  readonly #sockets = new Set<Socket>();
  #closed = false;

  constructor(scope: HubScope) {
    const { clock, secret, limits: bounds } = scope;
    this.#scope = scope;
    const make = (id: string, principal: Principal | undefined): HubSession => this.#make(id, principal);
    this.#sessions = new HubSessions({ clock, secret, bounds, make });
  }

  /** How many sessions there are. */
  get size(): number {
    return this.#sessions.size;
  }

  /** Numbered frames that were sent to clients of now, and have come from them. */
  get frames(): { readonly sent: number; readonly received: number } {
    let [sent, received] = [0, 0];
    for (const { endpoint } of this.#sessions.all()) {
      sent += endpoint.sent;
      received += endpoint.received;
    }
    return { sent, received };
  }

  /** Bytes that are kept for clients of now until they have arrived, and those handed to connections that have not left. */
  get backlog(): { readonly kept: number; readonly buffered: number } {
    let [kept, buffered] = [0, 0];
    for (const { endpoint } of this.#sessions.all()) {
      kept += endpoint.backlog;
      buffered += endpoint.buffered;
    }
    return { kept, buffered };
  }

  /** Takes in a connection of a principal, who is authenticated for so many ms; answers who takes what comes from it. */
  accept(socket: Socket, principal: Principal | undefined, validForMs?: number): SocketEvents {
    const { clock, limits } = this.#scope;
    let session: HubSession | undefined;
    this.#sockets.add(socket);
    const rate = new ConnectionRate(clock, limits, takesPart(principal));
    const late = clock.setTimer(limits.helloTimeoutMs, () => {
      this.#close(socket, new WireFault("timeout", "it does not say who it is"), principal);
    });
    const expiry =
      validForMs === undefined
        ? undefined
        : clock.setTimer(validForMs, () => {
            this.#close(socket, new WireFault("expired", "its time is over"), principal);
          });
    return {
      onMessage: (bytes) => {
        if (!this.#sockets.has(socket) || (session !== undefined && session.socket !== socket)) return;
        this.#guard(socket, principal, () => {
          if (bytes === undefined) throw new WireFault("protocol", "a message is text");
          rate.onMessage();
          if (session !== undefined) {
            this.#onMessage(session, bytes, rate);
            return;
          }
          late.clear();
          session = this.#onHello(socket, principal, bytes);
        });
      },
      onClose: (_, reason) => {
        late.clear();
        expiry?.clear();
        if (this.#sockets.delete(socket) && reason.startsWith("WS_ERR")) {
          this.#count(/LENGTH|PARTS/.test(reason) ? "limit" : "protocol", reason, principal);
        }
        if (session?.socket === socket) this.#onClose(session);
      },
    };
  }

  /** A message that breaks the protocol ends its session: what of it was not carried out could not be sent again. */
  #onMessage({ id, endpoint }: HubSession, bytes: Uint8Array, rate: ConnectionRate): void {
    try {
      endpoint.onMessage(bytes, (frames) => rate.onFrames(frames));
    } catch (error) {
      this.#sessions.end(id);
      throw error;
    }
  }

  /** Takes nobody in any more, tells all to go, and ends their sessions when they have what was sent, or after a while. */
  async close(): Promise<void> {
    this.#closed = true;
    const drained = this.#sessions.all().map(({ endpoint }) => {
      endpoint.tell(frameTypes.goAway, encodeJson({}));
      return new Promise<void>((resolve) => endpoint.whenDrained(resolve));
    });
    await new Promise<void>((resolve) => {
      const late = this.#scope.clock.setTimer(drainTimeoutMs, resolve);
      void Promise.all(drained).then(() => {
        late.clear();
        resolve();
      });
    });
    for (const socket of this.#sockets) socket.close(closeCodes.goingAway, "the hub closes");
    this.#sockets.clear();
    for (const { id } of this.#sessions.all()) this.#sessions.end(id);
  }

  #onHello(socket: Socket, principal: Principal | undefined, bytes: Uint8Array): HubSession {
    if (bytes.length > longestHello) throw new WireFault("limit", "its first message is too long");
    if (this.#closed) throw new WireFault("draining", "the hub closes");
    const [frame, ...more] = decodeMessage(bytes).frames;
    if (frame?.type !== frameTypes.hello || more.length > 0)
      throw new WireFault("protocol", "it does not say who it is");
    const hello = decodeJson(frame.body, helloSchema);
    if (!hello.versions.includes(wireVersion))
      throw new WireFault("version", `this hub speaks version ${wireVersion}, and it ${hello.versions}`);
    const { session, why, token, resumed } = this.#sessions.welcome(hello, principal);
    const former = session.socket;
    if (former !== undefined) {
      session.socket = undefined;
      this.#close(former, new WireFault("takenOver", "another connection goes on with it"), principal);
    }
    const { maxFrameBytes } = this.#scope.limits;
    const welcome: Welcome = {
      ...{ version: wireVersion, session: session.id, token, resumed, ...(why !== undefined && { why }) },
      ...{ received: session.endpoint.received, maxFrameBytes },
    };
    const frames = [{ type: frameTypes.welcome, body: encodeJson(welcome) }];
    socket.send(encodeMessage({ received: session.endpoint.received, first: 0, frames }), () => undefined);
    session.socket = socket;
    session.endpoint.attach(socket, resumed ? hello.received : 0);
    session.connection(true);
    return session;
  }

  #make(id: string, principal: Principal | undefined): HubSession {
    const { limits } = this.#scope;
    return new HubSession({
      ...{ ...this.#scope, ...limits, id, principal, limits },
      onBacklog: (session) => {
        const fault = new WireFault("limit", "it takes nothing of what waits for it");
        if (session.socket !== undefined) this.#close(session.socket, fault, principal);
        this.#sessions.end(id);
      },
      commit: (session, unit, event) => this.#commit(session, unit, event),
      operate: (...given) => this.#operate(...given),
      onFault: ({ socket }, fault) => {
        if (socket !== undefined) this.#close(socket, fault, principal);
      },
      onUnsendable: (_, reason, why) => this.#count(reason, why, principal),
    });
  }

  async #operate(
    session: HubSession,
    name: string,
    args: object,
    request: HubRequest,
  ): Promise<JsonValue | undefined> {
    if (name === "bye") {
      this.#scope.clock.setTimer(0, () => this.#sessions.end(session.id, false)); // behind the answer
      return undefined;
    }
    const operation = this.#scope.operations.get(name);
    if (operation === undefined)
      throw new WireFault("protocol", `there is no operation "${name.slice(0, 50)}"`);
    const { role } = operation;
    if (role !== undefined && !permits(session.principal, role)) {
      this.#count("forbidden", `${name} without the role ${role}`, session.principal);
      throw new SageError("FORBIDDEN", { operation: name, principal: String(session.principal?.id), role });
    }
    const read = operation.args.safeParse(args);
    if (!read.success) throw new WireFault("protocol", `the arguments of "${name}" are invalid`);
    return operation.run(session, read.data, request);
  }

  async #commit(session: HubSession, unit: Uint8Array, event: HubRequest["event"]): Promise<JsonValue> {
    if (!permits(session.principal, "worker"))
      throw new SageError("FORBIDDEN", {
        operation: "commit",
        principal: String(session.principal?.id),
        role: "worker",
      });
    return this.#scope.commit(unit, event);
  }

  #onClose(session: HubSession): void {
    session.socket = undefined;
    session.endpoint.detach();
    session.connection(false);
    this.#sessions.away(session);
  }

  #guard(socket: Socket, principal: Principal | undefined, run: () => void): void {
    try {
      run();
    } catch (error) {
      const fault =
        error instanceof WireFault
          ? error
          : new WireFault("internal", error instanceof Error ? error.message : String(error));
      this.#close(socket, fault, principal);
    }
  }

  #close(socket: Socket, fault: WireFault, principal: Principal | undefined): void {
    if (!this.#sockets.delete(socket)) return;
    this.#count(fault.reason, fault.message, principal);
    socket.close(closeCodes[fault.reason], fault.reason === "internal" ? "" : fault.message);
    for (const session of this.#sessions.all()) if (session.socket === socket) this.#onClose(session);
  }

  #count(reason: CloseReason, message: string, principal: Principal | undefined): void {
    this.faults.set(reason, (this.faults.get(reason) ?? 0) + 1);
    try {
      this.#scope.onFault?.(reason, message, principal);
    } catch {
      // Whoever listens breaks nothing here.
    }
  }
}
