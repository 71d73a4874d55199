import type { StreamEntry } from "./redis-port.ts";
import type { StreamReader, StreamWatcher } from "./stream-reader.ts";

/** Waits until there is room in a queue, which it hears from the stream `key`, again after `times` times. */
export function roomAgain(
  reader: StreamReader,
  key: string,
  times: number,
): { readonly heard: Promise<void>; stop(): void } {
  let stop = (): void => undefined;
  const heard = new Promise<void>((resolve, reject) => {
    const watcher: StreamWatcher = {
      key,
      after: `${times}-9`,
      wants: true,
      onEntries: (_: string, entries: readonly StreamEntry[]) => {
        if (entries.length > 0) watcher.onHint?.();
      },
      onHint: () => {
        stop();
        resolve();
      },
      onError: (error) => {
        stop();
        reject(error);
      },
    };
    stop = () => reader.remove(watcher);
    reader.add(watcher);
    reader.look(watcher);
  });
  return { heard, stop: () => stop() };
}
