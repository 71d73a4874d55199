import type { JsonValue } from "@sage-kernel/core";
import { type SeatAddress, SeededRandom } from "@sage-kernel/core/spi";
import { describe } from "vitest";
import { FakeJobHub } from "../control/fake-job-hub.ts";
import { describeContract } from "../vitest.ts";
import { workersContract } from "./workers-contract.ts";
import { workersBinding } from "./workers-subject.ts";

const seeds = process.env.SAGE_DEEP === "1" ? 40 : 3;

const ofWorkers: ReadonlySet<unknown> = new Set(["beat", "news", "answer", "ask"]);

/** A hub that has answered for messages which it then loses, as a server does that loses the end of its log. */
class LosingHub extends FakeJobHub {
  readonly #random: SeededRandom;

  constructor(seed: number) {
    super();
    this.#random = new SeededRandom(seed);
  }

  override async post(from: Required<SeatAddress>, to: SeatAddress, body: JsonValue, signal: AbortSignal) {
    const { kind } = (body ?? {}) as { readonly kind?: unknown };
    const lost = ofWorkers.has(kind) && this.#random.integer(5) === 0;
    return lost ? true : super.post(from, to, body, signal);
  }
}

describe.each(Array.from({ length: seeds }, (_, seed) => seed))(
  "where every fifth message of workers and managers is lost (seed %i)",
  (seed) => {
    describeContract(workersContract, workersBinding({ hub: () => new LosingHub(seed) }));
  },
);
