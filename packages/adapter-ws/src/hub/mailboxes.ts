import { type Principal, SageError } from "@sage-kernel/core";
import { type Clock, managerSeat } from "@sage-kernel/core/spi";
import { Mailbox, type MailboxBounds } from "./mailbox.ts";

/** Names in all that somebody holds, or something was left for. */
const mostNames = 10_000;
/** Of these, names that one principal holds. */
const mostHeld = mostNames / 4;
/** Names that nobody holds, for which one principal has sent or left something. */
const mostUnheld = 256;

/** Bounds of the names of a job channel. */
export interface MailboxesBounds extends MailboxBounds {
  /** How long what is there for a name that nobody holds is kept, in ms; what is for the manager is kept until it comes. */
  readonly mailboxTtlMs: number;
}

/** Whose a name is counted as, and since when. */
interface Counted {
  readonly of: string | undefined;
  readonly at: number;
}

/** The names of a job channel: how many each principal may have, and how long those are kept that nobody holds. */
export class Mailboxes {
  readonly #bounds: MailboxesBounds;
  readonly #clock: Pick<Clock, "monotonic">;
  readonly #boxes = new Map<string, Mailbox>();
  readonly #held = new Map<Mailbox, Counted>();
  /** Oldest first. */
  readonly #unheld = new Map<Mailbox, Counted>();
  /** How many there are of each principal, by which of the two they are in. */
  readonly #counts = new Map([this.#held, this.#unheld].map((each) => [each, new Map<unknown, number>()]));
  #epochs = 0;

  constructor(bounds: MailboxesBounds, clock: Pick<Clock, "monotonic">) {
    this.#bounds = bounds;
    this.#clock = clock;
  }

  /** The mailbox of a name, if there is one. */
  get(name: string): Mailbox | undefined {
    return this.#boxes.get(name);
  }

  /**
   * The mailbox of a name, for a principal that holds it or sends there; {@link changed} is to be called behind that.
   *
   * @throws SageError `INVALID_OPTION` where there are too many names, at `path`.
   */
  open(name: string, principal: Principal | undefined, path: string): Mailbox {
    const known = this.#boxes.get(name);
    if (known !== undefined) return known;
    if (name !== managerSeat) {
      if (this.#boxes.size >= mostNames) throw tooMany(path, mostNames, "");
      if (this.#count(this.#unheld, principal?.id) >= mostUnheld)
        throw tooMany(path, mostUnheld, " of one principal that nobody holds");
      if (principal !== undefined && this.#count(this.#held, principal.id) >= mostHeld)
        throw tooMany(path, mostHeld, " of one principal");
    }
    const box = new Mailbox(name, this.#bounds, () => ++this.#epochs);
    this.#boxes.set(name, box);
    return box;
  }

  /** A principal has held a name, has lost it, or has sent there: looks whether it is still needed, and counts it. */
  changed(box: Mailbox, principal: Principal | undefined): void {
    if (this.#boxes.get(box.name) !== box) return;
    if (box.idle) {
      this.#forget(box);
      return;
    }
    const place = box.holder === undefined ? this.#unheld : this.#held;
    if (place.has(box)) return;
    this.#uncount(box);
    const of = principal?.id;
    place.set(box, { of, at: this.#clock.monotonic() });
    this.#counts.get(place)?.set(of, this.#count(place, of) + 1);
  }

  /** Forgets the names that nobody has held for too long, and what is there for them. */
  expire(): void {
    const now = this.#clock.monotonic();
    for (const [box, counted] of this.#unheld) {
      if (now - counted.at < this.#bounds.mailboxTtlMs) return;
      if (box.awaited || box.name === managerSeat) {
        this.#unheld.delete(box);
        this.#unheld.set(box, { ...counted, at: now });
        continue;
      }
      box.clear();
      this.#forget(box);
    }
  }

  #forget(box: Mailbox): void {
    this.#boxes.delete(box.name);
    this.#uncount(box);
  }

  #uncount(box: Mailbox): void {
    for (const [place, counts] of this.#counts) {
      const counted = place.get(box);
      if (counted === undefined) continue;
      place.delete(box);
      const left = this.#count(place, counted.of) - 1;
      if (left > 0) counts.set(counted.of, left);
      else counts.delete(counted.of);
    }
  }

  #count(place: Map<Mailbox, Counted>, of: string | undefined): number {
    return this.#counts.get(place)?.get(of) ?? 0;
  }
}

function tooMany(path: string, most: number, which: string): SageError {
  const problem = "would be one name too many in the job channel";
  return new SageError("INVALID_OPTION", { path, problem, expected: `at most ${most} names${which}` });
}
