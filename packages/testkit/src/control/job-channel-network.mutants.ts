import type { Mutant } from "../contract/mutant.ts";
import type { Request } from "../disruption/fake-link.ts";
import { FakeJobHub } from "./fake-job-hub.ts";
import { jobChannelMutant } from "./job-channel-mutant.ts";
import type { JobChannelSubject } from "./job-channel-subject.ts";

/** What may be wrong when connections, servers and processes are lost. */
export const networkMutants: readonly Mutant<JobChannelSubject>[] = [
  jobChannelMutant("JCM-28", "does again what it is asked again", ["JC-15"], {
    Hub: class extends FakeJobHub {
      protected override execute(request: Request): Promise<unknown> {
        this.begun.delete(request.id);
        return super.execute(request);
      }
    },
  }),
  jobChannelMutant("JCM-29", "loses what is asked while the connection is cut", ["JC-15"], {
    Hub: class extends FakeJobHub {
      protected override send(request: Request): void {
        if (!this.connected && this.waiting.delete(request.id)) request.resolve(true);
        else super.send(request);
      }
    },
  }),
  jobChannelMutant("JCM-30", "repeats what was asked in another order", ["JC-15"], {
    Hub: class extends FakeJobHub {
      override heal(): void {
        this.waiting = new Map([...this.waiting].reverse());
        super.heal();
      }
    },
  }),
  jobChannelMutant("JCM-31", "takes the seats of those that it cannot reach", ["JC-16"], {
    Hub: class extends FakeJobHub {
      override heal(): void {
        for (const box of this.boxes.values()) box.lose("its connection was lost");
        super.heal();
      }
    },
  }),
  jobChannelMutant("JCM-32", "waits for the connection, whoever gives up", ["JC-16"], {
    Hub: class extends FakeJobHub {
      protected override giveUp(): void {}
    },
  }),
  jobChannelMutant("JCM-33", "tells of a lost seat once, to whoever is connected then", ["JC-17"], {
    Hub: class extends FakeJobHub {
      protected override tell(tell: () => void): void {
        const arrived = this.transit();
        void Promise.resolve().then(() => arrived() && tell());
      }
    },
  }),
  jobChannelMutant("JCM-34", "has an empty server after a restart", ["JC-18"], {
    Hub: class extends FakeJobHub {
      override restartServer(): void {
        for (const box of this.boxes.values()) box.messages = [];
        super.restartServer();
      }
    },
  }),
  jobChannelMutant("JCM-35", "has forgotten after a restart who holds what", ["JC-18"], {
    Hub: class extends FakeJobHub {
      override restartServer(): void {
        for (const box of this.boxes.values()) box.holder = undefined;
        super.restartServer();
      }
    },
  }),
  jobChannelMutant("JCM-36", "thinks after a restart that those who waited still wait", ["JC-18"], {
    Hub: class extends FakeJobHub {
      protected override forgetWaiting(): void {
        this.waiters = [];
      }
    },
  }),
  jobChannelMutant("JCM-37", "keeps the name of a process that was killed", ["JC-19"], {
    Hub: class extends FakeJobHub {
      override killPeer(): void {}
    },
  }),
  jobChannelMutant("JCM-38", "settles what a killed process had taken", ["JC-19"], {
    Hub: class extends FakeJobHub {
      override killPeer(peer: string): void {
        for (const box of this.boxes.values()) box.settle(box.messages.map(({ id }) => id));
        super.killPeer(peer);
      }
    },
  }),
  jobChannelMutant("JCM-49", "does again after a restart what had no answer before", ["JC-20"], {
    Hub: class extends FakeJobHub {
      protected override waitsThere(): boolean {
        return true;
      }
    },
  }),
  jobChannelMutant("JCM-50", "leaves when it can tell the others, and not before", ["JC-21"], {
    Hub: class extends FakeJobHub {
      override async tellServer(...given: Parameters<FakeJobHub["tellServer"]>): Promise<void> {
        await this.ask(given[0], undefined, given[1]);
      }
    },
  }),
  jobChannelMutant("JCM-51", "keeps the name of who has left without a connection", ["JC-21"], {
    Hub: class extends FakeJobHub {
      override async tellServer(...given: Parameters<FakeJobHub["tellServer"]>): Promise<void> {
        if (this.connected) await super.tellServer(...given);
      }
    },
  }),
];
