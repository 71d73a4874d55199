import * as z from "zod";

const name = z.string().min(1).max(200);
const count = z.int().min(0);

/** How a client begins a connection. */
export const helloSchema = z.strictObject({
  /** Versions of the protocol that it speaks. */
  versions: z.array(z.int()).min(1).max(16),
  /** The session to go on with, and the token that it got last. */
  session: name.optional(),
  token: name.optional(),
  /** Numbered frames of the session that it has. */
  received: count,
});

/** What a client begins a connection with. */
export type Hello = z.output<typeof helloSchema>;

/** How a hub answers. */
export const welcomeSchema = z.strictObject({
  version: z.int(),
  session: name,
  /** Proves, once, that who goes on with the session is who has it. */
  token: name,
  /** `true` where the session goes on; otherwise what was under way in the former one is lost, and why. */
  resumed: z.boolean(),
  why: z.string().max(200).optional(),
  /** Numbered frames of the session that the hub has. */
  received: count,
  /** Bytes of the largest frame that the hub takes. */
  maxFrameBytes: z.int().min(1024),
});

/** What a hub answers a connection with. */
export type Welcome = z.output<typeof welcomeSchema>;
