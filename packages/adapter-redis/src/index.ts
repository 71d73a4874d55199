/** This package is empty for now: the Redis adapter has not been written. */
export const implemented = false;
