/**
 * Throws an error of somebody else's callback where Node reports it as uncaught. Inside a native callback it would have nowhere to go, and
 * inside a message handler it would leave the connection half updated.
 */
export function throwUncaught(error: unknown): void {
  queueMicrotask(() => {
    throw error;
  });
}
