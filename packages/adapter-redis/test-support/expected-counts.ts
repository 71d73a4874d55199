/** What the job "chaos" comes to: of each key, how many of so many numbers have it, and their sum. */
export function expectedCounts(records: number, keys: number): number[][] {
  return Array.from({ length: keys }, (_, key) => {
    const all = Array.from({ length: Math.ceil((records - key) / keys) }, (_, i) => key + i * keys);
    return [key, all.length, all.reduce((sum, n) => sum + n, 0)];
  });
}
