import type { JsonValue } from "@sage-kernel/core";
import type { ChannelMessage, SeatAddress } from "@sage-kernel/core/spi";
import type { Mutant } from "../contract/mutant.ts";
import { FakeJobHub } from "./fake-job-hub.ts";
import { FakeJobSeat } from "./fake-job-seat.ts";
import type { FakeMailbox, Holder } from "./fake-mailbox.ts";
import { channelOf, jobChannelMutant } from "./job-channel-mutant.ts";
import type { JobChannelSubject } from "./job-channel-subject.ts";

/** What may be wrong with messages. */
export const messageMutants: readonly Mutant<JobChannelSubject>[] = [
  jobChannelMutant("JCM-01", "gives the newest message first", ["JC-01"], {
    Hub: class extends FakeJobHub {
      override async take(...given: Parameters<FakeJobHub["take"]>) {
        return [...(await super.take(...given))].reverse();
      }
    },
  }),
  jobChannelMutant("JCM-02", "says that each message is from the first holder", ["JC-01"], {
    Hub: class extends FakeJobHub {
      override async take(...given: Parameters<FakeJobHub["take"]>) {
        const messages = await super.take(...given);
        return messages.map((message) => ({ ...message, from: { ...message.from, epoch: 0 } }));
      }
    },
  }),
  jobChannelMutant("JCM-03", "passes on the sender's own object, whatever it is", ["JC-02"], {
    Hub: class extends FakeJobHub {
      override checked(body: JsonValue): JsonValue {
        return body;
      }
    },
  }),
  jobChannelMutant("JCM-04", "sends through JSON.stringify, which makes JSON of anything", ["JC-02"], {
    Hub: class extends FakeJobHub {
      override checked(body: JsonValue): JsonValue {
        return JSON.parse(JSON.stringify(body) ?? "null");
      }
    },
  }),
  jobChannelMutant("JCM-05", "gives one message more than it is asked for", ["JC-03"], {
    Hub: class extends FakeJobHub {
      override take(from: Required<SeatAddress>, max: number, signal: AbortSignal) {
        return super.take(from, max + 1, signal);
      }
    },
    Channel: channelOf(
      class extends FakeJobSeat {
        override async take(max: number, signal?: AbortSignal): Promise<readonly ChannelMessage[]> {
          return super.take(max + 1, signal);
        }
      },
    ),
  }),
  jobChannelMutant("JCM-06", "goes on taking when the take was given up", ["JC-03"], {
    Channel: channelOf(
      class extends FakeJobSeat {
        override take(max: number): Promise<readonly ChannelMessage[]> {
          return super.take(max);
        }
      },
    ),
  }),
  jobChannelMutant("JCM-07", "loses what comes for a take that was given up", ["JC-03"], {
    Channel: channelOf(
      class extends FakeJobSeat {
        override async take(max: number, signal?: AbortSignal): Promise<readonly ChannelMessage[]> {
          try {
            return await super.take(max, signal);
          } catch (error) {
            super.take(max).catch(() => undefined);
            throw error;
          }
        }
      },
    ),
  }),
  jobChannelMutant("JCM-08", "has room for everything", ["JC-04"], {
    Hub: class extends FakeJobHub {
      override readonly capacity = 4;
      protected override full(): boolean {
        return false;
      }
    },
  }),
  jobChannelMutant("JCM-09", "counts what was taken as room", ["JC-04"], {
    Hub: class extends FakeJobHub {
      protected override full({ messages }: FakeMailbox): boolean {
        return messages.filter(({ taken }) => !taken).length >= this.capacity;
      }
    },
  }),
  jobChannelMutant("JCM-10", "sends what was given up", ["JC-04"], {
    Channel: channelOf(
      class extends FakeJobSeat {
        override async send(to: SeatAddress, body: JsonValue, signal?: AbortSignal): Promise<boolean> {
          const sent = super.send(to, body);
          sent.catch(() => undefined);
          await Promise.race([
            sent,
            new Promise((_, reject) =>
              signal?.addEventListener("abort", () => reject(signal.reason), { once: true }),
            ),
          ]);
          return sent;
        }
      },
    ),
  }),
  jobChannelMutant("JCM-11", "has one room for all names", ["JC-05"], {
    Hub: class extends FakeJobHub {
      protected override full(): boolean {
        const boxes = [...this.boxes.values()];
        return boxes.reduce((sum, { messages }) => sum + messages.length, 0) >= this.capacity;
      }
    },
  }),
  jobChannelMutant("JCM-12", "drops what is for a name that nobody holds", ["JC-06"], {
    Hub: class extends FakeJobHub {
      override async post(...given: Parameters<FakeJobHub["post"]>): Promise<boolean> {
        return this.box(given[1].name).holder === undefined ? true : super.post(...given);
      }
    },
  }),
  jobChannelMutant("JCM-13", "gives the next holder what was for the one before", ["JC-07"], {
    Hub: class extends FakeJobHub {
      override post(...[from, { name }, body, signal]: Parameters<FakeJobHub["post"]>): Promise<boolean> {
        return super.post(from, { name }, body, signal);
      }
    },
  }),
  jobChannelMutant("JCM-14", "takes what was taken for settled", ["JC-08", "JC-09"], {
    Hub: class extends FakeJobHub {
      protected override hold(box: FakeMailbox, ...given: [string, Holder["onLost"]]): Holder {
        box.settle(box.messages.map(({ id }) => id));
        return super.hold(box, ...given);
      }
    },
  }),
  jobChannelMutant("JCM-15", "settles everything before a message, too", ["JC-08"], {
    Hub: class extends FakeJobHub {
      override settle(from: Required<SeatAddress>, ids: readonly string[]): void {
        const { messages } = this.box(from.name);
        const last = messages.findLastIndex(({ id }) => ids.includes(id));
        super.settle(
          from,
          messages.slice(0, last + 1).map(({ id }) => id),
        );
      }
    },
  }),
  jobChannelMutant(
    "JCM-39",
    "gives the next holder what the one before had taken, whomever it was for",
    ["JC-07"],
    {
      Hub: class extends FakeJobHub {
        protected override hold(box: FakeMailbox, ...given: [string, Holder["onLost"]]): Holder {
          const taken = box.messages.filter((message) => message.taken);
          const holder = super.hold(box, ...given);
          box.messages = [...new Set([...taken, ...box.messages])];
          for (const message of taken) message.taken = false;
          return holder;
        }
      },
    },
  ),
  jobChannelMutant("JCM-40", "keeps the room of what it has dropped", ["JC-07"], {
    Hub: class extends FakeJobHub {
      readonly #dropped = new Map<FakeMailbox, number>();

      protected override hold(box: FakeMailbox, ...given: [string, Holder["onLost"]]): Holder {
        const before = box.messages.length;
        const holder = super.hold(box, ...given);
        this.#dropped.set(box, before - box.messages.length);
        return holder;
      }
      protected override full(box: FakeMailbox): boolean {
        return box.messages.length + (this.#dropped.get(box) ?? 0) >= this.capacity;
      }
    },
  }),
  jobChannelMutant("JCM-41", "keeps what is for a holder that has left, for the next", ["JC-07"], {
    Hub: class extends FakeJobHub {
      override post(...[from, to, body, signal]: Parameters<FakeJobHub["post"]>): Promise<boolean> {
        const { holder } = this.box(to.name);
        return super.post(from, holder === undefined ? { name: to.name } : to, body, signal);
      }
    },
  }),
  jobChannelMutant("JCM-42", "gives what comes again behind what is queued", ["JC-08"], {
    Hub: class extends FakeJobHub {
      protected override hold(box: FakeMailbox, ...given: [string, Holder["onLost"]]): Holder {
        box.messages = [
          ...box.messages.filter(({ taken }) => !taken),
          ...box.messages.filter(({ taken }) => taken),
        ];
        return super.hold(box, ...given);
      }
    },
  }),
  jobChannelMutant("JCM-43", "lets the latest of those in that wait for room", ["JC-04"], {
    Hub: class extends FakeJobHub {
      protected override changed(): void {
        this.waiters.reverse();
        super.changed();
        this.waiters.reverse();
      }
    },
  }),
];
