/** Bytes of UTF-8 that a close frame has room for beside its code (RFC 6455, 5.5). */
const mostBytes = 123;

/** As much of a text as fits into a close frame, in whole characters. */
export function closeReason(text: string): string {
  const { read } = new TextEncoder().encodeInto(text, new Uint8Array(mostBytes));
  return text.slice(0, read);
}
