/**
 * How adapters write records, messages of services, and what tasks commit, as bytes and texts.
 *
 * @packageDocumentation
 */
export { BatchCodec, type RecordFormat } from "./batch-codec.ts";
export { CallCodec } from "./call-codec.ts";
export { readCell, writeCell } from "./cell-codec.ts";
export { readLetter, writeLetter } from "./dead-letter-codec.ts";
export { readProgress, writeProgress } from "./progress-codec.ts";
export { isSimple } from "./simple-data.ts";
export { UnitCodec } from "./unit-codec.ts";
