/** The job of a queue, by the queue's id. */
export function jobOf(id: string): string {
  return id.split("/", 1)[0] as string;
}
