import type { ContractBinding } from "../contract/contract.ts";
import type { Mutant } from "../contract/mutant.ts";
import type { DisruptedQueueSubject } from "./disruption.ts";
import type { Request } from "./fake-link.ts";
import { FakeNetwork } from "./fake-network.ts";

/** Binds a pretended network to the contract. */
function networkBinding(create: () => FakeNetwork): ContractBinding<DisruptedQueueSubject> {
  return {
    capabilities: ["cut", "restart", "killPeer"],
    open({ caseId, runId }) {
      const network = create();
      return {
        open: (name, capacity) => network.open(`${caseId}/${runId}/${name}`, capacity),
        disrupt: {
          cut: () => network.cut(),
          heal: () => network.heal(),
          restartServer: () => network.restartServer(),
          killPeer: () => network.killPeer(),
        },
      };
    },
  };
}

/** A pretended network in front of the contract: the reference that the mutants change. */
export const fakeNetworkBinding: ContractBinding<DisruptedQueueSubject> = networkBinding(
  () => new FakeNetwork(),
);

function mutant(
  id: string,
  title: string,
  breaks: readonly string[],
  Wrong: new () => FakeNetwork,
): Mutant<DisruptedQueueSubject> {
  return { ...networkBinding(() => new Wrong()), id, title, breaks };
}

/** Wrong clients and servers, each caught by the contract. */
export const queueDisruptionMutants: readonly Mutant<DisruptedQueueSubject>[] = [
  mutant(
    "QNM-01",
    "loses what is asked while the connection is cut",
    ["QN-01"],
    class extends FakeNetwork {
      protected override send(request: Request): void {
        if (!this.connected && this.waiting.delete(request.id)) request.resolve(undefined);
        else super.send(request);
      }
    },
  ),
  mutant(
    "QNM-02",
    "does again what it is asked again",
    ["QN-02", "QN-03"],
    class extends FakeNetwork {
      protected override execute(request: Request): Promise<unknown> {
        this.begun.delete(request.id);
        return super.execute(request);
      }
    },
  ),
  mutant(
    "QNM-03",
    "never asks again",
    ["QN-01", "QN-02", "QN-03", "QN-04"],
    class extends FakeNetwork {
      override heal(): void {
        this.connected = true;
      }
    },
  ),
  mutant(
    "QNM-04",
    "repeats what was asked in another order",
    ["QN-01"],
    class extends FakeNetwork {
      override heal(): void {
        this.connected = true;
        for (const request of [...this.waiting.values()].reverse()) this.send(request);
      }
    },
  ),
  mutant(
    "QNM-05",
    "waits for the connection, whoever gives up",
    ["QN-05"],
    class extends FakeNetwork {
      protected override giveUp(): void {}
    },
  ),
  mutant(
    "QNM-06",
    "asks in the end for what was given up",
    ["QN-05"],
    class extends FakeNetwork {
      protected override giveUp(request: Request, reason: unknown): void {
        if (this.connected) super.giveUp(request, reason);
        else request.reject(reason);
      }
    },
  ),
  mutant(
    "QNM-07",
    "has an empty server after a restart",
    ["QN-06"],
    class extends FakeNetwork {
      override restartServer(): void {
        for (const queue of this.queues.values()) queue.advance(queue.size() + 100);
        super.restartServer();
      }
    },
  ),
  mutant(
    "QNM-08",
    "has a server that thinks after a restart that its readers still wait",
    ["QN-07"],
    class extends FakeNetwork {
      protected override forgetWaiting(): void {}
    },
  ),
  mutant(
    "QNM-09",
    "commits what a killed consumer had taken",
    ["QN-08"],
    class extends FakeNetwork {
      override killPeer(): void {
        for (const queue of this.queues.values()) queue.advance(queue.takes.at(-1)?.position as number);
        super.killPeer();
      }
    },
  ),
];
