/** Names that trip over an encoding, a separator, a pattern, or a plain object; all differ. */
export const hostileNames: readonly string[] = [
  ...["", " ", "a", "A", "a ", "a b", "\n", "\0", "a\0b", "0", "1", "01", "-0", "null", "undefined", "NaN"],
  ...["__proto__", "constructor", "prototype", "toString", "hasOwnProperty", "$timers", "length"],
  ...[
    "a:b",
    "a/b",
    "a#b",
    "a.b",
    "a|b",
    "../a",
    "{a}",
    "{a}{b}",
    "a*",
    "a?",
    "[a]",
    '"a"',
    "'a'",
    "\\",
    "%00",
  ],
  ...["\u00e9", "e\u0301", "\u00e4\u00f6\u00fc", "\u65e5\u672c\u8a9e", "\u{1f980}", "\u202eabc", "\ufeffa"],
  ...["x".repeat(10_000), `${"x".repeat(10_000)}y`, `y${"x".repeat(10_000)}`],
];
