import * as z from "zod";

const id = z.int().min(1);

/** A request: what for, and with what. */
export const requestSchema = z.tuple([id, z.string().min(1).max(50), z.record(z.string(), z.unknown())]);

/** An answer: a value, or an error as core writes it. */
export const replySchema = z.tuple([id, z.boolean(), z.unknown()]);

/** Something that has come up for a request that goes on. */
export const eventSchema = z.tuple([id, z.unknown()]);
