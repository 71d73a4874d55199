import type { Random } from "@sage-kernel/core/spi";

/** Where faults strike: each site counts its events through the whole run. */
export type FaultSite = "put" | "take" | "commit" | "open" | "message" | "event";

/** What each kind of fault does, and where. */
export const faultKinds = {
  /** A batch arrives `ms` later. What follows on its channel stays behind it; other channels overtake it. */
  delayPut: { site: "put", timed: true },
  /** A consumer takes `ms` later. */
  slowTake: { site: "take", timed: true },
  /** A task fails at a commit, and nothing was written. */
  crashBefore: { site: "commit", timed: false },
  /** A commit is written, and the task fails before it hears of it. */
  crashAfter: { site: "commit", timed: false },
  /** A commit is lost on its way, and nobody knows. */
  lostRequest: { site: "commit", timed: false },
  /** A commit is written, and nobody knows. */
  lostReply: { site: "commit", timed: false },
  /** A commit is carried out, and answered, 1 ms later. */
  late: { site: "commit", timed: false },
  /** A commit is not answered, and its request is carried out `ms` later, when others may have come before it. */
  ghost: { site: "commit", timed: true },
  /** A task stands still in a commit, is replaced, and its request is carried out when it wakes `ms` later. */
  zombie: { site: "commit", timed: true },
  /** The store loses the last `commits` commits that it has answered; only in a world with `rollback`. */
  rollback: { site: "commit", timed: false },
  /** A task that is restarted cannot reach its store. */
  failOpen: { site: "open", timed: false },
  /** A request to a service, its reply or its cancellation comes twice. */
  repeatMessage: { site: "message", timed: false },
  /** A request to a service, its reply or its cancellation is lost. */
  loseMessage: { site: "message", timed: false },
  /** A service answers that it is not available, whatever it has done. */
  failReply: { site: "message", timed: false },
  /** The wall clock jumps by `ms`, to and fro; nothing must depend on it. */
  clockJump: { site: "event", timed: true },
} as const satisfies Record<string, { readonly site: FaultSite; readonly timed: boolean }>;

/** The name of a kind of fault. */
export type FaultKind = keyof typeof faultKinds;

/** One thing that goes wrong, with the `nth` event of its site in a run; the first is 1. A JSON value. */
export interface Fault {
  readonly kind: FaultKind;
  readonly nth: number;
  /** How long it takes, in virtual ms; for the kinds that take time. */
  readonly ms?: number;
  /** How many commits are lost, with `rollback`. */
  readonly commits?: number;
}

/** The kinds that no pipeline can tell from good weather: services and their callers need not be prepared. */
export const harmlessFaults: readonly FaultKind[] = [
  "delayPut",
  "slowTake",
  "crashBefore",
  "crashAfter",
  "lostRequest",
  "lostReply",
  "late",
  "ghost",
  "zombie",
  "failOpen",
  "clockJump",
];

/** How a random plan is made. */
export interface FaultLimits {
  /** Most faults. Default 10. */
  readonly most?: number;
  /** The last event of a site that one may strike. Default 200. */
  readonly within?: number;
  /** The longest that one takes, in virtual ms. Default 50. */
  readonly ms?: number;
  /** The kinds to choose from. Default {@link harmlessFaults}. */
  readonly kinds?: readonly FaultKind[];
}

/** The kinds for worlds with `rollback`, whose store is one with its queues: a batch is in with its commit, or it is not. */
export const rollbackFaults: readonly FaultKind[] = [
  "rollback",
  "rollback",
  ...harmlessFaults.filter((kind) => kind !== "delayPut"),
];

/** The most commits that a random rollback loses. */
const mostCommits = 12;

/** A random plan. Early events are more likely to be struck, since short runs have no others. */
export function randomPlan(random: Random, limits: FaultLimits = {}): Fault[] {
  const { most = 10, within = 200, ms = 50, kinds = harmlessFaults } = limits;
  const count = random.integer(most + 1);
  return Array.from({ length: count }, (): Fault => {
    const kind = kinds[random.integer(kinds.length)] as FaultKind;
    const nth = 1 + Math.floor(within * random.next() ** 2);
    if (kind === "rollback") return { kind, nth, commits: 1 + random.integer(mostCommits) };
    return faultKinds[kind].timed ? { kind, nth, ms: 1 + random.integer(ms) } : { kind, nth };
  });
}

/** Says of each event of a run what goes wrong with it. */
export class FaultSchedule {
  /** The faults that have struck. */
  readonly struck: Fault[] = [];
  readonly #bySite = new Map<FaultSite, Fault[]>();
  readonly #counts = new Map<FaultSite, number>();

  /** @throws Error for a kind that there is none of. */
  constructor(plan: readonly Fault[]) {
    for (const fault of plan) {
      if (!Object.hasOwn(faultKinds, fault.kind)) {
        const kinds = Object.keys(faultKinds).join(", ");
        throw new Error(`there is no fault "${fault.kind}"; the kinds are ${kinds}`);
      }
      const { site } = faultKinds[fault.kind];
      this.#bySite.set(site, [...(this.#bySite.get(site) ?? []), fault]);
    }
  }

  /** Whether anything is planned for a site. */
  plans(site: FaultSite): boolean {
    return this.#bySite.has(site);
  }

  /** Counts an event; answers what is planned for it. Whoever lets it happen calls {@link strike}. */
  at(site: FaultSite): readonly Fault[] {
    const count = (this.#counts.get(site) ?? 0) + 1;
    this.#counts.set(site, count);
    return this.#bySite.get(site)?.filter(({ nth }) => nth === count) ?? none;
  }

  /** A fault happens. */
  strike(fault: Fault): void {
    this.struck.push(fault);
  }

  /** Lets all that is planned for an event take its time; answers how long, in ms. */
  delayAt(site: FaultSite): number {
    let ms = 0;
    for (const fault of this.at(site)) {
      this.strike(fault);
      ms += fault.ms ?? 0;
    }
    return ms;
  }
}

const none: readonly Fault[] = Object.freeze([]);
