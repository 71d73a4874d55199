import { type JsonValue, SageError } from "@sage-kernel/core";
import type { Clock, Timer } from "@sage-kernel/core/spi";
import type { Dial, Socket } from "../link/socket.port.ts";
import { frameTypes } from "../wire/frame-type.ts";
import { helloSchema, type Welcome, welcomeSchema } from "../wire/handshake.ts";
import { decodeJson, encodeJson } from "../wire/json-body.ts";
import { decodeMessage, encodeMessage, wireVersion } from "../wire/message.ts";
import { type CloseReason, closeCodes, WireFault } from "../wire/wire-fault.ts";
import type { RequestPort } from "./request-port.ts";
import { ClientSession, type RequestOptions } from "./session.ts";

/** What a client of a hub needs of its surroundings, and its limits. */
export interface HubClientScope {
  /** Begins a connection to the hub. */
  readonly dial: Dial;
  /** Names the hub in errors; without credentials. */
  readonly hub: string;
  readonly clock: Pick<Clock, "monotonic" | "setTimer">;
  /** Runs something behind what is under way now, such as a microtask. */
  readonly defer: (run: () => void) => void;
  /** A number from 0 up to 1. */
  readonly random: () => number;
  /** How often a sign of life is asked for where nothing comes, in ms. */
  readonly heartbeatMs: number;
  /** Bytes of the largest body that is taken. */
  readonly maxBodyBytes: number;
  /** How long a connection may take to stand, in ms. */
  readonly handshakeTimeoutMs: number;
  /** Longest bound of a pause between attempts to connect, in ms. */
  readonly maxPauseMs: number;
  /** How long the hub may be away before what waits for it fails, in ms. */
  readonly outageTimeoutMs: number;
}

/** Bound of the first pause between attempts, in ms: bounds double, and each pause is a random part. */
const firstPauseMs = 100;
const drainTimeoutMs = 5000;
/** Reasons after which nothing is tried again: trying would not change them. */
const final: ReadonlySet<number> = new Set(
  (["unauthorized", "forbidden", "version"] as const).map((reason: CloseReason) => closeCodes[reason]),
);

/**
 * A process's way to a hub: dials, goes on with its session over each new connection, and says when it is lost. Links and
 * requests are those of the present {@link session}.
 */
export class HubClient implements RequestPort {
  readonly #scope: HubClientScope;
  #session: ClientSession;
  #socket: Socket | undefined;
  /** Counts connections: what comes from an earlier one is dropped. */
  #attempt = 0;
  #pauseMs = firstPauseMs;
  #retry: Timer | undefined;
  #outage: Timer | undefined;
  #closed = false;
  #refused: SageError | undefined;
  /** How the last connection has ended, until there is another one. */
  #ended: string | undefined;
  #links = 0;
  readonly #onLost = new Set<(error: SageError) => void>();
  /** Bytes of the largest frame that the hub takes. */
  maxFrameBytes = 1024 * 1024;

  constructor(scope: HubClientScope) {
    this.#scope = scope;
    this.#session = this.#newSession();
    this.#watch();
    this.#connect();
  }

  /** What is under way; another one each time that it is lost. */
  get session(): ClientSession {
    return this.#session;
  }

  /** Whether there is a connection. */
  get connected(): boolean {
    return this.#session.endpoint.connected;
  }

  /** Names the hub in errors. */
  get hub(): string {
    return this.#scope.hub;
  }

  /** A number for a link. */
  nextLink(): number {
    return ++this.#links;
  }

  /**
   * Asks the hub for something.
   *
   * @throws SageError `HUB_UNAVAILABLE`, `HUB_REFUSED`, and what the hub answers; the signal's reason.
   */
  request(operation: string, args: object, options?: RequestOptions): Promise<JsonValue> {
    return this.#session.request(operation, args, options);
  }

  commit(unit: Uint8Array, onEvent: (event: JsonValue) => void): Promise<JsonValue> {
    return this.#session.commit(unit, onEvent);
  }

  onLost(listener: (error: SageError) => void): () => void {
    this.#onLost.add(listener);
    return () => this.#onLost.delete(listener);
  }

  /** Ends the session, behind all that was sent if that arrives in a while; what waits is rejected. */
  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    const { endpoint } = this.#session;
    if (endpoint.connected) {
      void this.#session.request("bye", {}).catch(() => undefined);
      await new Promise<void>((resolve) => {
        const late = this.#scope.clock.setTimer(drainTimeoutMs, resolve);
        endpoint.whenDrained(() => {
          late.clear();
          resolve();
        });
      });
    }
    this.#outage?.clear();
    this.#retry?.clear();
    this.#socket?.close(closeCodes.normal, "");
    this.#attempt++;
    this.#session.lose(this.#unavailable("it was closed here", 0), true);
  }

  /** Ends without a word, as if the process had died. */
  abandon(): void {
    this.#closed = true;
    this.#outage?.clear();
    this.#retry?.clear();
    this.#attempt++;
    this.#socket?.terminate();
    this.#session.endpoint.detach();
  }

  #newSession(): ClientSession {
    const session = new ClientSession(this.#scope);
    if (this.#refused !== undefined) session.lose(this.#refused);
    return session;
  }

  #connect(): void {
    const attempt = ++this.#attempt;
    let welcomed = false;
    /** What comes behind what was not taken in is not for the next session. */
    let isDeaf = false;
    let late: Timer | undefined;
    const isPresent = (): boolean => attempt === this.#attempt;
    const socket = this.#dial({
      onOpen: () => {
        if (isPresent()) this.#hello(socket as Socket);
      },
      onMessage: (bytes) => {
        if (isDeaf || !isPresent()) return;
        isDeaf = !this.#guard(socket as Socket, () => {
          if (bytes === undefined) throw new WireFault("protocol", "a message is text");
          if (welcomed) {
            this.#session.endpoint.onMessage(bytes);
            return;
          }
          late?.clear();
          welcomed = true;
          this.#onWelcome(socket as Socket, bytes);
        });
      },
      onClose: (code, reason) => {
        late?.clear();
        if (isPresent()) this.#onClose(code, reason);
      },
    });
    this.#socket = socket;
    if (socket === undefined) return;
    const { clock, handshakeTimeoutMs } = this.#scope;
    late = clock.setTimer(handshakeTimeoutMs, () => socket.terminate());
  }

  /** Begins a connection; where none can be begun with what is given, none is tried again. */
  #dial(events: Parameters<Dial>[0]): Socket | undefined {
    try {
      return this.#scope.dial(events);
    } catch (error) {
      const { code, name } = error as { readonly code?: unknown; readonly name?: unknown };
      // Its message may have the URL or the token in it.
      this.#refuse(`with this URL, token and these options no connection can be begun (${code ?? name})`);
      return undefined;
    }
  }

  #hello(socket: Socket): void {
    const { id: session, token, endpoint } = this.#session;
    const { received } = endpoint;
    const hello = { versions: [wireVersion], ...(session !== undefined && { session, token }), received };
    const body = encodeJson(helloSchema.parse(hello));
    const frames = [{ type: frameTypes.hello, body }];
    socket.send(encodeMessage({ received, first: 0, frames }), () => undefined);
  }

  #onWelcome(socket: Socket, bytes: Uint8Array): void {
    const [frame] = decodeMessage(bytes).frames;
    if (frame?.type !== frameTypes.welcome) throw new WireFault("protocol", "the hub does not say welcome");
    const welcome: Welcome = decodeJson(frame.body, welcomeSchema);
    if (!welcome.resumed && this.#session.id !== undefined) {
      this.#lose(this.#unavailable(welcome.why ?? "it has forgotten the session", 0));
    }
    this.#ended = undefined;
    this.#session.id = welcome.session;
    this.#session.token = welcome.token;
    this.maxFrameBytes = welcome.maxFrameBytes;
    this.#session.endpoint.attach(socket, welcome.received);
    this.#outage?.clear();
    this.#pauseMs = firstPauseMs;
    this.#session.connection(true);
  }

  /** Closes the connection on whatever breaks the protocol, or us; answers whether nothing did. */
  #guard(socket: Socket, run: () => void): boolean {
    try {
      run();
      return true;
    } catch (error) {
      const reason = error instanceof WireFault ? error.reason : "internal";
      const text = error instanceof Error ? error.message : String(error);
      socket.close(closeCodes[reason], text);
      this.#lose(this.#unavailable(text, 0)); // what of a message was not taken in could not be sent again
      return false;
    }
  }

  #onClose(code: number, reason: string): void {
    this.#socket = undefined;
    const was = this.connected;
    this.#session.endpoint.detach();
    this.#ended = `code ${code}${reason && `, "${reason}"`}`;
    if (final.has(code)) {
      this.#refuse(reason || `code ${code}`);
      return;
    }
    if (was) {
      this.#session.connection(false);
      this.#watch();
    }
    if (code === closeCodes.resumeFailed) this.#lose(this.#unavailable("the session cannot go on", 0));
    const pause = this.#scope.random() * this.#pauseMs;
    this.#pauseMs = Math.min(this.#scope.maxPauseMs, 2 * this.#pauseMs);
    this.#retry = this.#scope.clock.setTimer(pause, () => this.#connect());
  }

  /** Gives up what is under way, and whatever is asked for from now on. */
  #refuse(problem: string): void {
    this.#outage?.clear();
    this.#refused = new SageError("HUB_REFUSED", { hub: this.hub, problem });
    this.#session.lose(this.#refused);
    this.#tellLost(this.#refused);
  }

  /** Gives up what is under way when there is no connection for too long; it is dialled on. */
  #watch(): void {
    const { clock, outageTimeoutMs } = this.#scope;
    this.#outage?.clear();
    this.#outage = clock.setTimer(outageTimeoutMs, () => {
      this.#lose(this.#unavailable("there is no connection", outageTimeoutMs));
    });
  }

  #lose(error: SageError): void {
    const former = this.#session;
    this.#session = this.#newSession();
    this.#watch(); // the new one waits for a connection as long
    former.lose(error);
    this.#tellLost(error);
  }

  #tellLost(error: SageError): void {
    for (const listener of [...this.#onLost]) listener(error);
  }

  #unavailable(what: string, waitedMs: number): SageError {
    const problem =
      this.#ended === undefined ? what : `${what} (the last connection ended with ${this.#ended})`;
    return new SageError("HUB_UNAVAILABLE", { hub: this.hub, problem, waitedMs });
  }
}
