type Stoppable = { stop(): Promise<unknown> };

/** Waits for servers that are being started. When one of them fails, the others are stopped, and its error is thrown. */
export async function allOrNone<const T extends readonly Promise<Stoppable>[]>(
  starting: T,
): Promise<{ -readonly [K in keyof T]: Awaited<T[K]> }> {
  try {
    return await Promise.all(starting);
  } catch (error) {
    const started = await Promise.allSettled(starting);
    await Promise.all(started.flatMap((one) => (one.status === 'fulfilled' ? [one.value.stop()] : [])));
    throw error;
  }
}
