/** Port: a source of chance. Core draws from no other. */
export interface Random {
  /** A number in [0, 1), uniformly distributed. */
  next(): number;
  /** An integer in [0, bound), uniformly distributed; `bound` is an integer from 1 to 2^32. */
  integer(bound: number): number;
  /** An independent generator; the same label forked at the same point gives the same sequence. */
  fork(label: string): Random;
}
