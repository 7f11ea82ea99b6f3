/** One sentence of one message of one session: what a text says of itself, so that what was said can be told apart. */
export type Part = { session: number; message: number; part: number };

/** About three seconds of speech a part; each is an utterance of its own. */
export const textOf = (session: number, message: number, parts: number): string =>
  Array.from(
    { length: parts },
    (_, part) => `This is session ${session} message ${message} part ${part} of it.`,
  ).join(' ');

const named = /session (\d+) message (\d+) part (\d+) of it/g;

export function partsIn(text: string): Part[] {
  return [...text.matchAll(named)].map(([, session, message, part]) => ({
    session: Number(session),
    message: Number(message),
    part: Number(part),
  }));
}
