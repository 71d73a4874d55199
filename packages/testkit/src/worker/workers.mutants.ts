import type { JsonValue } from "@sage-kernel/core";
import type { SeatAddress, TaskContents } from "@sage-kernel/core/spi";
import type { Mutant } from "../contract/mutant.ts";
import { FakeJobHub } from "../control/fake-job-hub.ts";
import {
  SharedStateStore,
  SharedStateStores,
  type WorkersParts,
  type WorkersSubject,
  workersBinding,
} from "./workers-subject.ts";

function mutant(
  id: string,
  title: string,
  breaks: readonly string[],
  parts: WorkersParts,
): Mutant<WorkersSubject> {
  return { ...workersBinding(parts), id, title, breaks };
}

/** What becomes of a message on its way: another one, or nothing. */
type Tamper = (message: Readonly<Record<string, JsonValue>>) => JsonValue | undefined;

/** A hub that does something to messages. */
function tampered(tamper: Tamper): Pick<WorkersParts, "hub"> {
  class Tampering extends FakeJobHub {
    override async post(from: Required<SeatAddress>, to: SeatAddress, body: JsonValue, signal: AbortSignal) {
      const changed = tamper(body as Readonly<Record<string, JsonValue>>);
      return changed === undefined ? true : super.post(from, to, changed, signal);
    }
  }
  return { hub: () => new Tampering() };
}

/** Changes what workers say of themselves. */
const beats = (change: (beat: Readonly<Record<string, JsonValue>>) => JsonValue): Pick<WorkersParts, "hub"> =>
  tampered((message) => (message.kind === "beat" ? change(message) : message));

/** Loses what managers ask for by this name. */
const without = (op: string): Pick<WorkersParts, "hub"> =>
  tampered((message) => (message.kind === "ask" && message.op === op ? undefined : message));

/** Stores of a kind. */
function stores(Store: new () => SharedStateStore): Pick<WorkersParts, "stores"> {
  class Stores extends SharedStateStores {
    protected override store(job: string): SharedStateStore {
      const store = this.stores.get(job) ?? new Store();
      this.stores.set(job, store);
      return store;
    }
  }
  return { stores: () => new Stores() };
}

class JoinsAnew extends SharedStateStores {
  override join(): SharedStateStore {
    return new SharedStateStore();
  }
}

class CollectsNothing extends SharedStateStore {
  override collected(): readonly unknown[] {
    return [];
  }
}

class ShowsNothing extends SharedStateStore {
  override contents(): TaskContents {
    return { position: undefined, finished: false, tables: new Map() };
  }
}

class ForgetsNotes extends FakeJobHub {
  override notesOf(): Map<string, JsonValue> {
    return new Map();
  }
}

class KeepsTheDead extends FakeJobHub {
  override killPeer(): void {
    // Nobody finds out.
  }
}

/** Wrong surroundings of jobs in workers, each caught by the contract. */
export const workersMutants: readonly Mutant<WorkersSubject>[] = [
  mutant(
    "WM-01",
    "has every process take part in a job of its own",
    ["JW-05", "J-09", "J-16", "JW-06", "JW-07"],
    {
      stores: () => new JoinsAnew(),
    },
  ),
  mutant("WM-02", "gives the manager nothing of what was collected", ["JW-01"], stores(CollectsNothing)),
  mutant("WM-03", "takes snapshots of nothing", ["JW-11"], stores(ShowsNothing)),
  mutant("WM-04", "leaves nothing to the next manager", ["J-11", "JW-07", "JW-12", "JW-13"], {
    hub: () => new ForgetsNotes(),
  }),
  mutant("WM-05", "holds the seats of the dead for ever", ["J-11"], { hub: () => new KeepsTheDead() }),
  mutant("WM-06", "loses the end of loops", ["JW-03"], without("endLoop")),
  mutant("WM-07", "pauses nothing", ["JW-04"], without("pause")),
  mutant("WM-08", "starts no service", ["JW-02", "JW-06", "JW-14"], without("startService")),
  mutant(
    "WM-09",
    "promises room that is not there",
    ["JW-08"],
    beats((beat) => ({ ...beat, slots: 100 })),
  ),
  mutant(
    "WM-10",
    "promises labels that are not there",
    ["J-13"],
    beats((beat) => ({ ...beat, labels: ["gpu"] })),
  ),
  mutant(
    "WM-11",
    "tells no version from another",
    ["JW-09"],
    beats((beat) => ({ ...beat, jobs: {} })),
  ),
  mutant(
    "WM-12",
    "tells nobody why something has failed",
    ["JW-10", "JW-15"],
    tampered((message) => {
      const text = JSON.stringify(message);
      return JSON.parse(text.replaceAll(/it does not want to( close)?/g, "something")) as JsonValue;
    }),
  ),
  mutant(
    "WM-13",
    "tells nobody that what was asked is lost",
    ["JW-18"],
    tampered((message) =>
      message.op === "doubt" ? { ...message, args: { job: "-", service: "-", index: 0 } } : message,
    ),
  ),
];
