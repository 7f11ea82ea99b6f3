/** The WebSocket subprotocol that is spoken; the ticket beside it is never sent back. */
export const subprotocol = 'avatar-bridge';
const prefix = 'bearer.';

/** The ticket in `Sec-WebSocket-Protocol: avatar-bridge, bearer.<ticket>`, which is how a browser's WebSocket carries one. */
export function ticketIn(header: string | undefined): string | undefined {
  const offered = header?.split(',').map((one) => one.trim());
  return offered?.find((one) => one.startsWith(prefix))?.slice(prefix.length);
}
