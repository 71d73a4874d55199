/** Of what kind the queues of a runtime's pipelines are: a matter of the deployment, of which no pipeline says anything. */
export interface QueuePlan {
  /** Descriptor kind of all queues of which nothing else is said. */
  readonly kind: string;
  /** Kinds by pipeline, and then by the step whose inbox it is, or the service whose queues they are. */
  readonly kinds: ReadonlyMap<string, ReadonlyMap<string, string>>;
  /** Records that an inbox of a kind holds, where its step does not say. */
  readonly capacityOf: (kind: string) => number;
}

/** The kind of the inbox of a step of a pipeline, or of the queues of a service. */
export function queueKindOf({ kind, kinds }: QueuePlan, pipeline: string, owner: string): string {
  return kinds.get(pipeline)?.get(owner) ?? kind;
}
