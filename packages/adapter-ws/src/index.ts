/** This package is empty for now: the WebSocket adapter has not been written. */
export const implemented = false;
