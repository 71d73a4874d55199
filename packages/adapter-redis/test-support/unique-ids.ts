import { randomUUID } from "node:crypto";
import { type Adapter, tokens } from "@sage-kernel/core/di";

/** Ids that no other process has. */
export const uniqueIds: Adapter = {
  name: "unique ids",
  register: (container) =>
    void container.register(tokens.ids, {
      useValue: { next: (prefix: string) => `${prefix}-${randomUUID()}` },
    }),
};
