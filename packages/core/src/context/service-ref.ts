/** Names a registered service, and knows its type: what `env.registerService()` answers. */
export class ServiceRef<S> {
  /** The service's name. */
  readonly name: string;
  /** There is none at run time; the type of the service for those who call it. */
  declare readonly provides?: S;

  constructor(name: string) {
    this.name = name;
  }
}
