/** Bound of looks, of which an idle process makes some 100,000 in a second. */
const mostLooks = 3_000_000;

/** Waits until it is so, and looks at each turn of the event loop. */
export async function until(what: string, check: () => boolean): Promise<void> {
  for (let looks = 0; !check(); looks++) {
    if (looks > mostLooks) throw new Error(`it does not come to this: ${what}`);
    await turn();
  }
}

/** Lets the event loop turn so often. */
export async function turns(count: number): Promise<void> {
  for (let n = 0; n < count; n++) await turn();
}

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
