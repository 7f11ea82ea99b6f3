import { TerminalError } from '../core/errors.ts';

/** The path of a thing in a collection. Nothing, `.` and `..` would name something else. */
export function below(collection: string, id: string): string {
  if (id === '' || id === '.' || id === '..')
    throw new TerminalError('bad-request', `LiveAvatar knows nothing by the id "${id}"`);
  return `${collection}/${encodeURIComponent(id)}`;
}
