import type { Line } from "./lines.ts";

/** What the report needs of a request. */
export interface Request {
  readonly address: string;
  /** When it came, in ms since the Unix epoch. */
  readonly time: number;
  /** Day and hour in the log's own offset, such as `2015-05-17T10`. */
  readonly hour: string;
  readonly status: string;
  /** Bytes sent; 0 where the log says `-`. */
  readonly bytes: number;
  /** What was asked for, without its query. */
  readonly path: string;
}

const months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
const moment = `(?<day>\\d{2})/(?<month>${months.join("|")})/(?<year>\\d{4}):(?<hour>\\d{2}):(?<minute>\\d{2}):(?<second>\\d{2}) (?<offset>[+-]\\d{4})`;
// Servers write a quote inside a field as \", and no backslash stands alone.
const quoted = (name: string) => `"(?<${name}>(?:[^"\\\\]|\\\\.)*)"`;
const combined = new RegExp(
  `^(?<address>\\S+) \\S+ \\S+ \\[${moment}\\] ${quoted("request")} (?<status>\\d{3}) (?<bytes>\\d+|-) ${quoted("referer")} ${quoted("agent")}$`,
);

/**
 * Reads a line of the combined log format.
 *
 * @throws Error naming the line, when it is of another format.
 */
export function parseLine({ number, text }: Line): Request {
  const fields = combined.exec(text)?.groups;
  if (fields === undefined) throw new Error(`line ${number} is not in the combined log format`);
  const { address, day, month, year, hour, request, status, bytes } = fields as Record<string, string>;
  const monthNumber = String(months.indexOf(month as string) + 1).padStart(2, "0");
  const date = `${year}-${monthNumber}-${day}`;
  const offset = `${fields.offset?.slice(0, 3)}:${fields.offset?.slice(3)}`;
  const time = Date.parse(`${date}T${hour}:${fields.minute}:${fields.second}${offset}`);
  if (Number.isNaN(time)) throw new Error(`line ${number} has a time that does not exist`);
  return {
    address: address as string,
    time,
    hour: `${date}T${hour}`,
    status: status as string,
    bytes: bytes === "-" ? 0 : Number(bytes),
    path: pathOf(request as string),
  };
}

/** The path of a request line such as `GET /a?b HTTP/1.1`; of anything else, all of it. */
function pathOf(request: string): string {
  const target = request.split(" ", 2)[1] ?? request;
  return target.split("?", 1)[0] as string;
}
