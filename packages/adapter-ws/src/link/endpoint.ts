import type { Clock, Timer } from "@sage-kernel/core/spi";
import { frameTypes, isOfConnection, isSkipped } from "../wire/frame-type.ts";
import { bodySize, decodeMessage, encodeMessage, type Frame } from "../wire/message.ts";
import { WireFault } from "../wire/wire-fault.ts";
import { LowWater } from "./low-water.ts";
import { Inbox, Outbox } from "./outbox.ts";
import { concatenated, Parts } from "./parts.ts";
import type { Socket } from "./socket.port.ts";

/** What an end of a session needs of its surroundings. */
export interface EndpointScope {
  readonly clock: Pick<Clock, "monotonic" | "setTimer">;
  /** Runs something behind what is under way now, such as a microtask. */
  readonly defer: (run: () => void) => void;
  /** Takes a numbered frame. @throws WireFault. */
  readonly onFrame: (type: number, body: Uint8Array) => void;
  /** Bytes of the largest body of a frame that came in parts. */
  readonly maxBodyBytes: number;
  /** Bytes that may wait for the other end before {@link EndpointScope.onBacklog} is called. Default: any number. */
  readonly maxBacklogBytes?: number;
  /** The other end takes nothing for too long. */
  readonly onBacklog?: () => void;
  /** How often a sign of life is asked for where nothing comes, in ms. */
  readonly heartbeatMs: number;
}

/** Of a message: a slow connection has to bring one within 2.5 heartbeats. */
const maxMessageBytes = 128 * 1024;
const maxMessageFrames = 1024;
/** Longer bodies leave in parts, so that what is behind them need not wait for all of it. */
const maxPartBytes = maxMessageBytes;
/** More than this is not handed to a socket that has not sent what it has. */
const highWater = 1024 * 1024;
/** Frames and bytes that may have come before the other end is told. */
const untoldFrames = 16;
const untoldBytes = 256 * 1024;
const tellAfterMs = 20;
/** Looks before what is there leaves, however much more comes. */
const mostLooks = 64;
/** So much leaves at once. */
const promptBytes = 32 * 1024;
const none: readonly Frame[] = [];

/**
 * One end of a session: numbered frames arrive at the other end once and in order, over one connection after the other. What
 * is sent in one turn of the event loop leaves as one message.
 */
export class Endpoint {
  readonly #scope: EndpointScope;
  readonly #outbox = new Outbox();
  readonly #inbox = new Inbox();
  #socket: Socket | undefined;
  /** Frames of this connection that have not left. */
  #direct: Frame[] = [];
  #deferred = false;
  /** Looks since something is to be sent, and what there was at the last one. */
  #looks = 0;
  #seen = 0;
  /** Bytes that were given since the last look. */
  #unsentBytes = 0;
  #untoldFrames = 0;
  #untoldBytes = 0;
  /** Whether the other end is to be told as soon as the socket takes more. */
  #due = false;
  #tell: Timer | undefined;
  #heartbeat: Timer | undefined;
  #heardAt = 0;
  readonly #low = new LowWater();
  readonly #parts: Parts;
  /** Whether an answer to a sign of life leaves next: one, however many were asked for. */
  #pongs = false;

  constructor(scope: EndpointScope) {
    this.#scope = scope;
    this.#parts = new Parts(scope);
  }

  /** Whether there is a connection. */
  get connected(): boolean {
    return this.#socket !== undefined;
  }

  /** Numbered frames that have arrived here. */
  get received(): number {
    return this.#inbox.received;
  }

  /** Bytes that are not known to have arrived at the other end. */
  get backlog(): number {
    return this.#outbox.bytes;
  }

  /** Bytes that were handed to the connection and have not left this process. */
  get buffered(): number {
    return this.#socket?.bufferedAmount ?? 0;
  }

  /** Numbered frames that were sent here, whether they have left or not. */
  get sent(): number {
    return this.#outbox.pushed;
  }

  /** Sends a numbered frame, whose body may be in two pieces, now or over the next connection. */
  send(type: number, body: Uint8Array, rest?: Uint8Array): void {
    const size = bodySize({ type, body, rest });
    if (size > maxPartBytes) this.#sendInParts(type, rest === undefined ? body : concatenated([body, rest]));
    else this.#outbox.push({ type, body, rest });
    this.#unsentBytes += size;
    if (this.#unsentBytes >= promptBytes) this.#flush(false); // the other end need not wait for our turn to be over
    const { maxBacklogBytes = Number.POSITIVE_INFINITY, onBacklog } = this.#scope;
    if (this.#outbox.bytes > maxBacklogBytes) this.#scope.defer(() => onBacklog?.());
    this.#flushSoon();
  }

  /** Hands over what there is, without waiting for more that belongs to it. */
  flush(): void {
    this.#flush(false);
  }

  /** Sends a frame of this connection. */
  tell(type: number, body: Uint8Array): void {
    this.#direct.push({ type, body });
    this.#flushSoon();
  }

  /** Calls back when everything that was sent has arrived, or when there is no connection over which it could. */
  whenDrained(listener: () => void): void {
    this.whenLow(0, listener);
  }

  /** Calls back when no more than so many bytes have not arrived, or when there is no connection over which they could. */
  whenLow(bytes: number, listener: () => void): void {
    if (this.#left <= bytes) listener();
    else this.#low.wait(bytes, listener);
  }

  /** Looks whether it can go on where the other end has this many frames. @throws WireFault `resumeFailed`. */
  checkResume(received: number): void {
    this.#outbox.checkResume(received);
  }

  /**
   * Goes on over a connection, whose other end has this many frames.
   *
   * @throws WireFault `resumeFailed`.
   */
  attach(socket: Socket, received: number): void {
    this.#outbox.resume(received);
    this.detach();
    this.#socket = socket;
    this.#heardAt = this.#scope.clock.monotonic();
    this.#beat();
    this.#flushSoon();
  }

  /** Goes on without a connection. */
  detach(): void {
    this.#socket = undefined;
    this.#direct = [];
    this.#due = false;
    this.#pongs = false;
    this.#heartbeat?.clear();
    this.#tell?.clear();
    this.#tell = undefined;
    this.#low.tell(this.#left);
  }

  /**
   * Takes in a message of the present connection; `check` sees its frames before anything is done, and may refuse them.
   *
   * @throws WireFault.
   */
  onMessage(bytes: Uint8Array, check?: (frames: readonly Frame[]) => void): void {
    this.#heardAt = this.#scope.clock.monotonic();
    const { received, first, frames } = decodeMessage(bytes);
    check?.(frames);
    this.#acknowledged(received);
    let numbered = 0;
    for (let i = 0; i < frames.length; i++) if (!isOfConnection((frames[i] as Frame).type)) numbered++;
    let known = this.#inbox.accept(first, numbered);
    this.#untoldFrames += numbered;
    this.#untoldBytes += numbered === 0 ? 0 : bytes.length;
    for (let i = 0; i < frames.length; i++) {
      const { type, body } = frames[i] as Frame;
      if (isOfConnection(type)) this.#onDirect(type);
      else if (known > 0) known--;
      else if (type === frameTypes.part) this.#parts.add(body);
      else {
        const whole = this.#parts.end(body);
        if (!isSkipped(type)) this.#scope.onFrame(type, whole);
      }
    }
    if (this.#untoldFrames >= untoldFrames || this.#untoldBytes >= untoldBytes) this.#flushSoon();
    else if (this.#untoldFrames > 0) this.#tellLater();
  }

  #acknowledged(received: number): void {
    this.#outbox.acknowledge(received);
    this.#low.tell(this.#left);
  }

  /** Bytes that could arrive and have not. */
  get #left(): number {
    return this.#socket === undefined ? 0 : this.#outbox.bytes;
  }

  #sendInParts(type: number, body: Uint8Array): void {
    let from = 0;
    for (; body.length - from > maxPartBytes; from += maxPartBytes) {
      this.#outbox.push({ type: frameTypes.part, body: body.subarray(from, from + maxPartBytes) });
    }
    this.#outbox.push({ type, body: body.subarray(from) });
  }

  #onDirect(type: number): void {
    if (type === frameTypes.ping) {
      // One that has not left is enough: who reads nothing could ask without end.
      if (this.#pongs) return;
      this.#pongs = true;
      this.tell(frameTypes.pong, new Uint8Array());
    } else if (type !== frameTypes.pong && type !== frameTypes.goAway && !isSkipped(type))
      throw new WireFault("protocol", `a frame of type ${type} is not expected here`);
  }

  #tellLater(): void {
    this.#tell ??= this.#scope.clock.setTimer(tellAfterMs, () => {
      this.#tell = undefined;
      if (this.#untoldFrames > 0) this.#flush(true);
    });
  }

  #flushSoon(): void {
    if (this.#deferred || this.#socket === undefined) return;
    this.#deferred = true;
    this.#looks = 0;
    this.#seen = this.#outbox.pushed;
    this.#scope.defer(this.#onDeferred);
  }

  /** Waits as long as more comes in each look, for a while: what belongs together leaves together. */
  readonly #onDeferred = (): void => {
    const { pushed } = this.#outbox;
    if (pushed !== this.#seen && ++this.#looks < mostLooks) {
      this.#seen = pushed;
      this.#scope.defer(this.#onDeferred);
      return;
    }
    this.#deferred = false;
    this.#flush(this.#untoldFrames >= untoldFrames || this.#untoldBytes >= untoldBytes);
  };

  /** Sends what there is, as far as the socket keeps up; with `tell` at least how much has arrived. */
  #flush(tell: boolean): void {
    const socket = this.#socket;
    if (socket === undefined) return;
    this.#due ||= tell;
    this.#unsentBytes = 0;
    while (this.#somethingToSend && socket.bufferedAmount < highWater) {
      this.#due = false;
      const { first, frames } = this.#outbox.waiting
        ? this.#outbox.take(maxMessageBytes, maxMessageFrames)
        : { first: 0, frames: none };
      const all = this.#direct.length === 0 ? frames : [...this.#direct.splice(0), ...frames];
      this.#pongs = false;
      this.#untoldFrames = 0;
      this.#untoldBytes = 0;
      socket.send(encodeMessage({ received: this.#inbox.received, first, frames: all }), this.#onSent);
    }
  }

  get #somethingToSend(): boolean {
    return this.#due || this.#direct.length > 0 || this.#outbox.waiting;
  }

  readonly #onSent = (): void => {
    if (this.#somethingToSend) this.#flushSoon();
  };

  #beat(): void {
    const { clock, heartbeatMs } = this.#scope;
    const socket = this.#socket;
    const began = clock.monotonic();
    this.#heartbeat = clock.setTimer(heartbeatMs / 2, () => {
      if (socket === undefined || socket !== this.#socket) return;
      const now = clock.monotonic();
      const late = now - began > heartbeatMs; // we have stood still ourselves: read first what came meanwhile
      const silence = now - this.#heardAt;
      if (silence >= 2.5 * heartbeatMs && !late) {
        socket.terminate();
        return;
      }
      if (silence >= heartbeatMs / 2) this.tell(frameTypes.ping, new Uint8Array());
      this.#beat();
    });
  }
}
