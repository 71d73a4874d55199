/**
 * How adapters write records, and messages of services, as bytes.
 *
 * @packageDocumentation
 */
export { BatchCodec } from "./batch-codec.ts";
export { CallCodec } from "./call-codec.ts";
export { isSimple } from "./simple-data.ts";
