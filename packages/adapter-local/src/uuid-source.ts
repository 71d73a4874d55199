import { randomUUID } from "node:crypto";
import type { IdSource } from "@sage-kernel/core/spi";

/** Ids with 48 random bits: unique enough across the processes of one deployment. */
export class UuidSource implements IdSource {
  next(prefix: string): string {
    return `${prefix}-${randomUUID().slice(-12)}`;
  }
}
