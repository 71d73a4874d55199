const longest = 100;

/**
 * Foreign text, such as the name of a file, made fit for a terminal: control characters are written out, since they
 * could move the cursor or worse, and the middle of what is too long is left out.
 */
export function toCell(text: string): string {
  const harmless = text.replace(/\p{Cc}/gu, (c) => `\\x${c.charCodeAt(0).toString(16).padStart(2, "0")}`);
  const characters = [...harmless];
  if (characters.length <= longest) return harmless;
  const half = Math.floor((longest - 1) / 2);
  return `${characters.slice(0, half).join("")}…${characters.slice(-half).join("")}`;
}
