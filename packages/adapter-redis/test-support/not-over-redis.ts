const byReference = "records are copied on their way through a server";
const waitsBeside = "an entry that does not fit as a whole waits beside its queue, in the store";

/** The behaviours that are not to be had over Redis, by the ends of their titles, each with the reason. */
export const notOverRedis: readonly (readonly [title: string, reason: string])[] = [
  ["see 1 different objects", byReference],
  ["share with shared() also what a broadcast or a partitioner sends to several instances", byReference],
  ["a class instance passes by reference", byReference],
  ["with a then method are data for reduce", "a record with a function is no data"],
  ["cannot be copied for a second branch pass by reference, with a warning", byReference],
  ["has for each task what it counted, what it waits for and how full its inbox is", waitsBeside],
  ["names the sink that is blocked and the steps that wait for room before it", waitsBeside],
  ["is refused for state that is no data, with its path", "such state is refused when it is committed"],
  [
    "has a snapshot from which the other one alone goes on to its finish()",
    "how far a paused job comes until its snapshot depends on how long a commit takes",
  ],
  [
    "and its record is dropped when it has not begun",
    "that a call is given up goes through a queue, and its record may have begun by then",
  ],
  ["nor the closing of its runtime", "a job whose close() never ends stays in the store, to go on"],
];
