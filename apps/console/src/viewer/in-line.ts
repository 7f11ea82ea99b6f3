/** A position in the queue in a person's words. */
export function inLine(position: number): string {
  return position === 0 ? 'next in line' : `${position} before it`;
}
