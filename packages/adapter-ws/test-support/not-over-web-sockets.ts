const byReference = "records are copied on their way to a hub";

/** The behaviours that are not to be had over a hub, by the ends of their titles, each with the reason. */
export const notOverWebSockets: readonly (readonly [title: string, reason: string])[] = [
  ["see 1 different objects", byReference],
  ["share with shared() also what a broadcast or a partitioner sends to several instances", byReference],
  ["a class instance passes by reference", byReference],
  ["with a then method are data for reduce", "a record with a function is no data"],
  ["cannot be copied for a second branch pass by reference, with a warning", byReference],
  ["is refused for state that is no data, with its path", "such state is refused when it is committed"],
  [
    "has a snapshot from which the other one alone goes on to its finish()",
    "how far a paused job comes until its snapshot depends on how long a commit takes",
  ],
  ["nor the closing of its runtime", "a job whose close() never ends stays at the hub, to go on"],
];
