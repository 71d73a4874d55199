import { BatchCodec } from "@sage-kernel/codec";
import { Batch, callQueueOptions, type Delivery, QueueDescriptor } from "@sage-kernel/core/spi";
import { describe, expect, test } from "vitest";
import { DialledHub } from "../../test-support/dialled-hub.ts";
import { frameTypes } from "../wire/frame-type.ts";
import { decodeNumbers, encodeNumbers } from "../wire/numbers.ts";
import { RemoteConsumer } from "./remote-consumer.ts";

const codec = new BatchCodec();
const link = 1;
const lost = { code: "HUB_UNAVAILABLE" };

/** A consumer of a queue, whose hub is the test. */
class Played {
  readonly hub = new DialledHub();
  readonly consumer: RemoteConsumer;
  #generation = 0;

  constructor(options = {}) {
    const descriptor = new QueueDescriptor({ kind: "ws", id: "q", capacity: 10, options });
    this.consumer = new RemoteConsumer({ descriptor, client: this.hub.client, codec, link: () => link });
    this.#stand("one");
  }

  /** The session is lost, and the link stands in another one, perhaps at another hub. */
  loseSession(): void {
    this.hub.end(4410);
    this.hub.clock.advance(1000);
    this.#stand("two");
  }

  /** Takes, while the hub begins a generation behind so many elements. */
  begin(position: number): Promise<Delivery> {
    const taken = Promise.resolve(this.consumer.take(10));
    taken.catch(() => undefined);
    this.says(position);
    return taken;
  }

  /** The hub says where the next generation begins. */
  says(position: number): void {
    this.hub.say({ type: frameTypes.reading, body: encodeNumbers([link, ++this.#generation, position, 0]) });
  }

  /** The hub delivers records behind so many elements. */
  deliver(before: number, ...records: unknown[]): void {
    const bytes = codec.encode(new Batch(0, before, records));
    const position = before + records.length;
    const body = encodeNumbers([link, this.#generation, position], bytes);
    this.hub.say({ type: frameTypes.deliver, body });
  }

  /** How far the client has said that it is done, since it was asked last. */
  async advanced(): Promise<unknown[]> {
    await this.hub.turn();
    const frames = this.hub.sent.splice(0).filter(({ type }) => type === frameTypes.advance);
    return frames.map(({ body }) => decodeNumbers(body, 2)[1]);
  }

  #stand(session: string): void {
    this.hub.welcome(session);
    this.consumer.opened();
    this.hub.client.session.addLink(link, {
      onFrame: (type, body) => void this.consumer.onFrame(type, body),
      onConnection: () => undefined,
      onLost: (error) => this.consumer.lost(error),
    });
  }
}

describe("a consumer", () => {
  test("tells the hub of a new session nothing of what was handed out in the one before", async () => {
    const played = new Played();
    const taken = played.begin(0);
    played.deliver(0, "a", "b", "c");
    const before = await taken;

    played.loseSession();
    await expect(async () => played.consumer.take(1)).rejects.toMatchObject(lost);
    const next = played.begin(0);
    played.consumer.advance(before.position);
    played.deliver(0, "new", "newer", "newest", "last");
    const { position, batches } = await next;
    expect(batches.flatMap(({ payloads }) => payloads)).toHaveLength(4);
    played.consumer.advance(before.position);
    played.consumer.advance(played.consumer.positionAfter(before, 2));
    expect(await played.advanced()).toEqual([]);

    played.consumer.advance(played.consumer.positionAfter({ batches, position, done: false }, 1));
    played.consumer.advance(position);
    expect(await played.advanced()).toEqual([1, 4]);
  });

  test("tells the hub nothing of what it would have to hand out again", async () => {
    const played = new Played();
    const taken = played.begin(0);
    played.deliver(0, "a", "b", "c");
    const { position } = await taken;

    played.consumer.rewind();
    played.consumer.advance(position);
    played.says(1);
    played.consumer.advance(position);
    expect(await played.advanced()).toEqual([]);
    played.deliver(1, "b", "c");
    await played.consumer.take(10);
    played.consumer.advance(position);
    expect(await played.advanced()).toEqual([3]);
  });

  test.each(["before", "after"])(
    "frees the room of messages that it was handed in a former session, as they are not handed out again (%s the hub has said so)",
    async (when) => {
      const played = new Played(callQueueOptions);
      const taken = played.begin(0);
      played.deliver(0, "a", "b", "c");
      const { position } = await taken;
      played.loseSession();
      await expect(async () => played.consumer.take(1)).rejects.toMatchObject(lost);

      void Promise.resolve(played.consumer.take(1)).catch(() => undefined);
      if (when === "before") played.consumer.advance(position);
      played.says(3);
      if (when === "after") played.consumer.advance(position);
      expect(await played.advanced()).toEqual([3]);
    },
  );
});
