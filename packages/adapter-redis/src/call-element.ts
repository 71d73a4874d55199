/** An element of a list: so many records, which bring the queue to so many in all, and what tells it from all others. */
export interface CallElement {
  readonly records: number;
  readonly total: number;
  readonly token: string;
  /** None where it is the end of the queue. */
  readonly bytes: Buffer;
}

const colon = 0x3a;

/** Reads what the scripts have written: `<records>:<total>:<token>:<bytes>`. Answers nothing for anything else. */
export function readElement(element: Buffer): CallElement | undefined {
  const first = element.indexOf(colon);
  const second = element.indexOf(colon, first + 1);
  const third = element.indexOf(colon, second + 1);
  const records = Number(element.toString("latin1", 0, first));
  const total = Number(element.toString("latin1", first + 1, second));
  if (first < 0 || second < 0 || third < 0 || !Number.isSafeInteger(records) || !Number.isSafeInteger(total))
    return undefined;
  const token = element.toString("latin1", second + 1, third);
  return { records, total, token, bytes: element.subarray(third + 1) };
}
