/**
 * Kinds of frames. Those below 0x10 belong to one connection; all others are numbered, kept until the other end says that
 * it has them, and sent again over the next connection.
 */
export const frameTypes = {
  /** JSON, client: who it is, and which session it goes on with. The first frame of each connection. */
  hello: 0x01,
  /** JSON, hub: the session, and how much of it has arrived. */
  welcome: 0x02,
  /** Asks for a sign of life. */
  ping: 0x03,
  /** A sign of life. */
  pong: 0x04,
  /** JSON, hub: connect to it no more; what is under way is finished. */
  goAway: 0x05,
  /** JSON: `[id, operation, arguments]`. */
  request: 0x10,
  /** JSON: `[id, true, value]`, or `[id, false, error]`. */
  reply: 0x11,
  /** Number: a request that is given up. */
  cancel: 0x12,
  /** JSON, hub: `[id, event]` of a request that goes on. */
  event: 0x13,
  /** Number and bytes, client: id of a request to commit, and the unit of work. It is answered as requests are. */
  commit: 0x14,
  /** Bytes: a part of the body of the frame behind it. */
  part: 0x15,
  /** Numbers and bytes, producer: link, records; a batch, under the credit of its link. */
  data: 0x20,
  /** Numbers, hub: link, records, bytes that may be sent in all. */
  grant: 0x21,
  /** Numbers, producer: link, records, bytes that it wants to have sent in all. */
  want: 0x22,
  /** Numbers, producer: link, records, bytes of its credit that it gives back: they count as sent. */
  giveBack: 0x23,
  /** Number, hub: link whose unused credit somebody else needs. */
  recall: 0x24,
  /** Number, hub: link whose queue is closed. What has credit may still come; the producer gives the rest back. */
  closed: 0x25,
  /** Numbers, consumer: link, generation, records, bytes that it takes in all of this generation. A new one starts over. */
  read: 0x26,
  /** Numbers, hub: link, generation, and the position from which it reads on. */
  reading: 0x27,
  /** Numbers and bytes, hub: link, generation, position behind it; a batch. */
  deliver: 0x28,
  /** Numbers, hub: link, generation: nothing more will come. */
  end: 0x29,
  /** Numbers and JSON, hub: link, generation, and the error of something in the queue that cannot be sent. */
  failed: 0x2a,
  /** Numbers, consumer: link, position up to which it is done. */
  advance: 0x2b,
} as const;

/** Frames with this bit are skipped by who does not know them; what is left of the type without it says whether they are numbered. */
export const ignorable = 0x80;

/** Frames of one connection, which are not numbered. */
export function isOfConnection(type: number): boolean {
  return (type & ~ignorable) < 0x10;
}

/** Whether a frame, of a kind that nobody knows yet, is to be skipped. */
export function isSkipped(type: number): boolean {
  return (type & ignorable) !== 0;
}
