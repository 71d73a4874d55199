import { hasCode, type JsonValue } from "@sage-kernel/core";
import { type JoinOptions, managerSeat, type SeatAddress, type SeatNotes } from "@sage-kernel/core/spi";
import type { Mutant } from "../contract/mutant.ts";
import { FakeJobChannel } from "./fake-job-channel.ts";
import { FakeJobHub } from "./fake-job-hub.ts";
import { FakeJobSeat } from "./fake-job-seat.ts";
import type { FakeMailbox, Holder } from "./fake-mailbox.ts";
import { channelOf, jobChannelMutant } from "./job-channel-mutant.ts";
import type { JobChannelSubject } from "./job-channel-subject.ts";

/** What may be wrong with who holds a name. */
export const seatMutants: readonly Mutant<JobChannelSubject>[] = [
  jobChannelMutant("JCM-16", "lets several hold one name", ["JC-09", "JC-10", "JC-11"], {
    Hub: class extends FakeJobHub {
      protected override hold(box: FakeMailbox, peer: string, onLost: Holder["onLost"]): Holder {
        if (box.holder === undefined) return super.hold(box, peer, onLost);
        box.check = () => undefined;
        return { ...box.holder, epoch: box.holder.epoch + 1 };
      }
    },
  }),
  jobChannelMutant("JCM-17", "lets two managers lead", ["JC-10"], {
    Hub: class extends FakeJobHub {
      protected override hold(box: FakeMailbox, peer: string, onLost: Holder["onLost"]): Holder {
        if (box === this.boxes.get(managerSeat)) box.check = () => undefined;
        return super.hold(box, peer, box.holder === undefined ? onLost : () => undefined);
      }
      protected override tell(tell: () => void): void {
        if (this.boxes.get(managerSeat)?.holder === undefined) return;
        super.tell(tell);
      }
    },
  }),
  jobChannelMutant("JCM-18", "does not tell who has lost a seat", ["JC-09", "JC-10"], {
    Hub: class extends FakeJobHub {
      protected override tell(): void {}
    },
  }),
  jobChannelMutant("JCM-19", "gives every holder the same epoch", ["JC-09", "JC-11"], {
    Hub: class extends FakeJobHub {
      protected override hold(box: FakeMailbox, peer: string, onLost: Holder["onLost"]): Holder {
        const holder = { ...super.hold(box, peer, onLost), epoch: 1 };
        box.holder = holder;
        return holder;
      }
    },
  }),
  jobChannelMutant("JCM-20", "takes the name from its holder instead of waiting", ["JC-12", "JC-18"], {
    Hub: class extends FakeJobHub {
      override join(...[name, peer, , onLost, signal]: Parameters<FakeJobHub["join"]>) {
        return super.join(name, peer, {}, onLost, signal);
      }
    },
  }),
  jobChannelMutant("JCM-21", "keeps the name of who has left", ["JC-12", "JC-14"], {
    Hub: class extends FakeJobHub {
      override leave(): void {}
    },
  }),
  jobChannelMutant("JCM-22", "gives the name to who has given up waiting", ["JC-12"], {
    Hub: class extends FakeJobHub {
      override join(...[name, peer, options, onLost]: Parameters<FakeJobHub["join"]>) {
        return super.join(name, peer, options, onLost, new AbortController().signal);
      }
    },
    Channel: class extends FakeJobChannel {
      override join(name: string, options: JoinOptions = {}) {
        options.signal?.addEventListener("abort", () => undefined);
        return super.join(name, options);
      }
    },
  }),
  jobChannelMutant("JCM-23", "lets a take wait when the seat is left", ["JC-13"], {
    Channel: channelOf(
      class extends FakeJobSeat {
        override async leave(): Promise<void> {
          await this.hub.ask(() => undefined);
        }
      },
    ),
  }),
  jobChannelMutant("JCM-24", "goes on sending behind the end", ["JC-13"], {
    Channel: channelOf(
      class extends FakeJobSeat {
        override async send(...given: Parameters<FakeJobSeat["send"]>): Promise<boolean> {
          return this.lost.aborted ? true : super.send(...given);
        }
      },
    ),
  }),
  jobChannelMutant("JCM-25", "keeps its seats when it is closed", ["JC-14"], {
    Channel: class extends FakeJobChannel {
      override async close(): Promise<void> {
        this.seats.clear();
        await super.close();
      }
    },
  }),
  jobChannelMutant("JCM-26", "ends the seats of all processes when it is closed", ["JC-14"], {
    Channel: class extends FakeJobChannel {
      override async close(): Promise<void> {
        for (const peer of ["host", "one", "two"]) this.hub.killPeer(peer);
        await super.close();
      }
    },
  }),
  jobChannelMutant("JCM-27", "can be joined when it is closed", ["JC-14"], {
    Channel: class extends FakeJobChannel {
      override async close(): Promise<void> {
        await Promise.all([...this.seats].map((seat) => seat.leave()));
      }
    },
  }),
  jobChannelMutant("JCM-44", "settles what was taken when its holder leaves", ["JC-13"], {
    Hub: class extends FakeJobHub {
      override leave(address: Required<SeatAddress>): void {
        const box = this.box(address.name);
        box.settle(box.messages.map(({ id }) => id));
        super.leave(address);
      }
    },
  }),
  jobChannelMutant("JCM-45", "drops what is queued when its holder leaves", ["JC-13"], {
    Hub: class extends FakeJobHub {
      override leave(address: Required<SeatAddress>): void {
        this.box(address.name).messages = [];
        super.leave(address);
      }
    },
  }),
  jobChannelMutant("JCM-46", "forgets a name that was left, and its epochs", ["JC-13"], {
    Hub: class extends FakeJobHub {
      override leave(address: Required<SeatAddress>): void {
        const { messages } = this.box(address.name);
        super.leave(address);
        this.boxes.delete(address.name);
        this.box(address.name).messages = messages.filter(({ to }) => to === undefined);
      }
    },
  }),
  jobChannelMutant(
    "JCM-47",
    "says of a send that waits when its seat is lost that it was sent",
    ["JC-09", "JC-13"],
    {
      Channel: channelOf(
        class extends FakeJobSeat {
          override async send(...given: Parameters<FakeJobSeat["send"]>): Promise<boolean> {
            const held = !this.lost.aborted;
            return super.send(...given).catch((error: unknown) => {
              if (held && hasCode(error, "SEAT_LOST")) return true;
              throw error;
            });
          }
        },
      ),
    },
  ),
  jobChannelMutant("JCM-48", "takes anything for a name", ["JC-14"], {
    Channel: class extends FakeJobChannel {
      override join(name: string, options?: JoinOptions) {
        const known = typeof name === "string" && /^[a-z][a-z0-9-]*$/.test(name) && name.length < 100;
        return super.join(known ? name : "anything", options);
      }
    },
  }),
  jobChannelMutant("JCM-52", "forgets what was noted with its holder", ["JC-22"], {
    Hub: class extends FakeJobHub {
      override notesOf(address: Required<SeatAddress>): Map<string, JsonValue> {
        const key = `${address.name}/${address.epoch}`;
        super.notesOf(address);
        return this.box(key).notes;
      }
    },
  }),
  jobChannelMutant("JCM-53", "takes notes of former holders", ["JC-22"], {
    Hub: class extends FakeJobHub {
      override notesOf({ name }: Required<SeatAddress>): Map<string, JsonValue> {
        return this.box(name).notes;
      }
    },
    Channel: channelOf(
      class extends FakeJobSeat {
        override readonly notes: SeatNotes = {
          all: async () => this.hub.notesOf(this),
          set: async (key, value) => void this.hub.notesOf(this).set(key, this.hub.checked(value)),
          delete: async (key) => void this.hub.notesOf(this).delete(key),
        };
      },
    ),
  }),
];
