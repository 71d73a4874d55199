import { ByteReader, varintSize, writeVarint } from "./varint.ts";

/** A body of numbers, with bytes behind them. */
export function encodeNumbers(numbers: readonly number[], rest?: Uint8Array): Uint8Array {
  let size = rest?.length ?? 0;
  for (let i = 0; i < numbers.length; i++) size += varintSize(numbers[i] as number);
  const body = new Uint8Array(size);
  let at = 0;
  for (let i = 0; i < numbers.length; i++) at = writeVarint(body, at, numbers[i] as number);
  if (rest !== undefined) body.set(rest, at);
  return body;
}

/** Reads a body of so many numbers and nothing else. @throws WireFault `protocol`. */
export function decodeNumbers(body: Uint8Array, count: number): number[] {
  const reader = new ByteReader(body);
  const numbers = Array.from({ length: count }, () => reader.varint());
  reader.end();
  return numbers;
}

/** Reads a body of so many numbers and bytes behind them. @throws WireFault `protocol`. */
export function decodeNumbersAnd(body: Uint8Array, count: number): [numbers: number[], rest: Uint8Array] {
  const reader = new ByteReader(body);
  const numbers = Array.from({ length: count }, () => reader.varint());
  return [numbers, reader.rest()];
}
