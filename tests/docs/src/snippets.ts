import { readdirSync, readFileSync } from "node:fs";

/** Root of the repository, as a URL that ends with a slash. */
export const root = new URL("../../../", import.meta.url);

/** A fenced TypeScript block of a document. */
export interface Snippet {
  /** Document and line, such as `README.md:31`. */
  readonly place: string;
  readonly code: string;
  /** What its `console.log` lines say they print, in their trailing comments. */
  readonly prints: readonly string[];
}

/** Every document for readers. */
export function documents(): string[] {
  const docs = readdirSync(new URL("docs/", root), { recursive: true, encoding: "utf8" });
  return [
    "README.md",
    "ARCHITECTURE.md",
    "CONTRIBUTING.md",
    ...docs.filter((d) => d.endsWith(".md")).map((d) => `docs/${d}`),
  ];
}

/** The text of a document. */
export function read(document: string): string {
  return readFileSync(new URL(document, root), "utf8");
}

/** All `ts` blocks of the documents. */
export function snippets(): Snippet[] {
  return documents().flatMap((document) => {
    const text = read(document);
    return [...text.matchAll(/^```ts\n(.*?)^```$/gms)].map((match) => {
      const code = match[1] as string;
      const prints = [...code.matchAll(/console\.log\(.*\);\s*\/\/ (.+)$/gm)].map((line) =>
        (line[1] as string).trim(),
      );
      return { place: `${document}:${text.slice(0, match.index).split("\n").length}`, code, prints };
    });
  });
}
