import { type JsonValue, type Principal, SageError } from "@sage-kernel/core";
import {
  type Clock,
  type MaybePromise,
  managerSeat,
  permits,
  type SeatAddress,
  seatNamePattern,
} from "@sage-kernel/core/spi";
import * as z from "zod";
import { encodeJson } from "../wire/json-body.ts";
import { tooLarge } from "../wire/too-large.ts";
import { ByteBudget } from "./byte-budget.ts";
import type { HubClientRef, HubRequest } from "./hub-client-ref.ts";
import type { Holder, Mailbox } from "./mailbox.ts";
import { Mailboxes, type MailboxesBounds } from "./mailboxes.ts";
import { type Operation, operation } from "./operation.ts";

const name = z.string().regex(seatNamePattern);
const epoch = z.int().min(1);
const seat = { name, epoch };
const ids = z.array(z.string().max(300)).max(10_000);
const key = z.string().max(1000);

const schemas = {
  hold: z.strictObject({ name, fence: z.boolean() }),
  send: z.strictObject({ ...seat, to: name, toEpoch: epoch.optional(), body: z.unknown() }),
  take: z.strictObject({ ...seat, max: z.int().min(1) }),
  settle: z.strictObject({ ...seat, ids }),
  notes: z.strictObject(seat),
  note: z.strictObject({ ...seat, key, value: z.unknown() }),
  forget: z.strictObject({ ...seat, key }),
} as const;

/** What seats of a job channel are kept with. */
export interface SeatSettings extends MailboxesBounds {
  /** Bytes of the messages and notes of one principal. */
  readonly channelBytes: number;
  /** How long who holds a name may be without a connection, in ms. */
  readonly leaseMs: number;
}

/** The seats of a hub: what their holders ask for. */
export class HubSeats {
  readonly #settings: SeatSettings;
  readonly #boxes: Mailboxes;
  readonly #budget: ByteBudget;

  constructor(settings: SeatSettings, clock: Pick<Clock, "monotonic">) {
    this.#settings = settings;
    this.#boxes = new Mailboxes(settings, clock);
    this.#budget = new ByteBudget(settings.channelBytes);
  }

  /** What clients may ask for. */
  get operations(): ReadonlyMap<string, Operation> {
    const entries = {
      hold: operation(schemas.hold, (client, { name: held, fence }, request) =>
        this.#hold(client, held, fence, request),
      ),
      send: operation(schemas.send, (client, { to, toEpoch, body, ...from }, { signal }) =>
        this.#while(client, from, signal, (given) => {
          if (toEpoch !== undefined && this.#boxes.get(to) === undefined) return false; // that holder is gone
          return this.#send(client.principal, from, { name: to, epoch: toEpoch }, body as JsonValue, given);
        }),
      ),
      take: operation(
        schemas.take,
        async (client, { max, ...from }, { signal }) =>
          (await this.#while(client, from, signal, (given) =>
            this.#held(client, from).take(max, given),
          )) as unknown as JsonValue,
      ),
      settle: operation(schemas.settle, (client, given) => {
        this.#held(client, given).settle(given.ids);
        return undefined;
      }),
      notes: operation(
        schemas.notes,
        (client, given) => this.#held(client, given).notes.all as unknown as JsonValue,
      ),
      note: operation(schemas.note, (client, given) => {
        const value = given.value as JsonValue;
        const bytes = weightOf(given.key.length, value);
        const take = (): (() => void) => this.#budget.take(client.principal, "notes", bytes);
        this.#held(client, given).notes.set(given.key, value, bytes, take);
        return undefined;
      }),
      forget: operation(schemas.forget, (client, given) => {
        this.#held(client, given).notes.delete(given.key);
        return undefined;
      }),
    };
    return new Map(Object.entries(entries).map(([each, made]) => [`seat.${each}`, made]));
  }

  /** Sends a message: what waits for room takes bytes of its sender, too. */
  async #send(
    principal: Principal | undefined,
    from: Required<SeatAddress>,
    to: { readonly name: string; readonly epoch: number | undefined },
    body: JsonValue,
    signal: AbortSignal,
  ): Promise<boolean> {
    const { mailboxBytes } = this.#settings;
    this.#boxes.expire();
    const bytes = weightOf(0, body);
    if (bytes > mailboxBytes) throw tooLarge("body", bytes, mailboxBytes);
    const release = this.#budget.take(principal, "body", bytes);
    let stored = false;
    try {
      const message = { from, body, bytes, release, ...(principal && { principal }) };
      const box = this.#boxes.open(to.name, principal, "to");
      const put = box.put(message, to.epoch, signal);
      this.#boxes.changed(box, principal);
      stored = await put;
      return stored;
    } finally {
      if (!stored) release();
    }
  }

  /** Holds a name until it is lost, or given back: the request goes on for so long. */
  async #hold(
    client: HubClientRef,
    held: string,
    fence: boolean,
    { signal, event }: HubRequest,
  ): Promise<undefined> {
    this.#checkOwner(client.principal, held);
    this.#boxes.expire();
    const box = this.#boxes.open(held, client.principal, "name");
    const holding = box.hold(fence, client, signal);
    this.#boxes.changed(box, client.principal);
    let holder: Holder;
    try {
      holder = await holding;
    } catch (error) {
      this.#boxes.changed(box, client.principal);
      throw error;
    }
    box.owner = client.principal?.id;
    event({ epoch: holder.epoch });
    const leave = (): void => box.lose(holder, "it was left");
    const stop = [
      client.onEnd(() => box.lose(holder, "its process is gone")),
      client.onSilence(this.#settings.leaseMs, () => box.lose(holder, "its process was not heard of")),
    ];
    signal.addEventListener("abort", leave, { once: true });
    if (signal.aborted) leave();
    const { signal: gone } = holder.gone;
    await new Promise<void>((resolve) => {
      if (gone.aborted) resolve();
      gone.addEventListener("abort", () => resolve(), { once: true });
    });
    for (const each of stop) each();
    signal.removeEventListener("abort", leave);
    this.#boxes.changed(box, client.principal);
    if (signal.aborted) return undefined;
    throw gone.reason;
  }

  /** @throws SageError `FORBIDDEN` for a name that is somebody else's, and for the manager's without the role. */
  #checkOwner(principal: Principal | undefined, held: string): void {
    if (principal === undefined) return;
    const box = this.#boxes.get(held);
    const taken = box?.holder !== undefined || box?.owner !== undefined;
    const own = !taken || box?.owner === principal.id; // what the hub's own process holds is no principal's
    if (held === managerSeat ? permits(principal, "manage") : own) return;
    const facts = { operation: `join "${held}"`, principal: principal.id };
    throw new SageError("FORBIDDEN", { ...facts, role: held === managerSeat ? "manage" : "its holder" });
  }

  /** The mailbox of a name whose holder asks. @throws SageError `SEAT_LOST`, `FORBIDDEN` for who manages no longer. */
  #held(
    client: HubClientRef,
    { name: seat, epoch }: { readonly name: string; readonly epoch: number },
  ): Mailbox {
    const box = this.#boxes.get(seat);
    if (seat === managerSeat && box?.holder?.client === client) this.#checkOwner(client.principal, seat);
    if (box === undefined) throw new SageError("SEAT_LOST", { seat, epoch, why: "it is not held any more" });
    box.held(epoch, client);
    return box;
  }

  /** Waits for something no longer than its seat is held. */
  #while<T>(
    client: HubClientRef,
    given: { readonly name: string; readonly epoch: number },
    signal: AbortSignal,
    wait: (signal: AbortSignal) => MaybePromise<T>,
  ): MaybePromise<T> {
    const { gone } = this.#held(client, given).held(given.epoch, client);
    return wait(AbortSignal.any([gone.signal, signal]));
  }
}

/** Bytes that something is counted for: what is around it takes some, too. */
function weightOf(more: number, value: JsonValue): number {
  return encodeJson(value ?? null).length + more + 256;
}
