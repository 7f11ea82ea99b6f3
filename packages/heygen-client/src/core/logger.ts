type Log = (details: object, message: string) => void;

/**
 * What the client logs with; a pino logger fits. Nothing secret and no text of users is ever passed to it.
 */
export type Logger = { debug: Log; info: Log; warn: Log; error: Log };

const nothing: Log = () => {};
export const silentLogger: Logger = { debug: nothing, info: nothing, warn: nothing, error: nothing };
