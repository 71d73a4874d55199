import * as z from "zod";

/** What crosses a process as an error. */
export const wireErrorSchema = z.looseObject({
  name: z.string(),
  message: z.string(),
  details: z.record(z.string(), z.unknown()).optional(),
  stack: z.string().optional(),
  get cause() {
    return wireErrorSchema.optional();
  },
});
