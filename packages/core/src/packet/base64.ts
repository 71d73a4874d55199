const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/** What each digit stands for, by its character code; -1 for what is no digit. */
const worth: readonly number[] = Array.from({ length: 128 }, (_, code) =>
  alphabet.indexOf(String.fromCharCode(code)),
);

/** Every two digits, by what they stand for together. */
const pairs: readonly string[] = Array.from(
  { length: 64 * 64 },
  (_, n) => alphabet.charAt(n >>> 6) + alphabet.charAt(n % 64),
);

/** Writes bytes as base64 text of RFC 4648, with padding. */
export function toBase64(bytes: Uint8Array): string {
  let text = "";
  for (let i = 0; i < bytes.length; i += 3) {
    const group = (bytes[i]! << 16) | ((bytes[i + 1] ?? 0) << 8) | (bytes[i + 2] ?? 0);
    text += pairs[group >>> 12]! + pairs[group % 4096]!;
  }
  const missing = (3 - (bytes.length % 3)) % 3;
  return missing === 0 ? text : text.slice(0, -missing) + "=".repeat(missing);
}

/**
 * Reads what {@link toBase64} wrote; `undefined` for any other text. Each sequence of bytes has exactly one text, so
 * white space, missing padding and bits that stand for nothing are refused.
 */
export function fromBase64(text: string): Uint8Array<ArrayBuffer> | undefined {
  if (text.length % 4 !== 0) return undefined;
  const pad = text.endsWith("==") ? 2 : text.endsWith("=") ? 1 : 0;
  const bytes = new Uint8Array((text.length / 4) * 3 - pad);
  const end = text.length - pad;
  for (let from = 0, at = 0; from < text.length; from += 4) {
    let group = 0;
    for (let i = from; i < from + 4; i++) {
      const digit = i < end ? (worth[text.charCodeAt(i)] ?? -1) : 0;
      if (digit < 0) return undefined;
      group = group * 64 + digit;
    }
    const missing = Math.max(0, from + 4 - end);
    if (group % 256 ** missing !== 0) return undefined;
    for (let shift = 16; shift >= 8 * missing; shift -= 8) bytes[at++] = group >>> shift;
  }
  return bytes;
}
