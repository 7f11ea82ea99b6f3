import { RoomServiceClient } from 'livekit-server-sdk';

/**
 * The room API of a LiveKit server. The client's own requests go to the root of a URL; a server below a path
 * is joined and asked below it.
 */
export function roomService({
  url,
  apiKey,
  apiSecret,
  requestTimeoutSeconds,
}: {
  url: string;
  apiKey: string;
  apiSecret: string;
  requestTimeoutSeconds: number;
}): RoomServiceClient {
  const options = { requestTimeout: requestTimeoutSeconds, failover: false };
  const rooms = new RoomServiceClient(url.replace(/^ws/, 'http'), apiKey, apiSecret, options);
  const below = new URL(url).pathname.replace(/\/+$/, '');
  // The client has a prefix for all requests, and no option for it.
  const rpc: unknown = Reflect.get(rooms, 'rpc');
  if (below !== '' && isRpc(rpc)) rpc.prefix = `${below}${rpc.prefix}`;
  return rooms;
}

function isRpc(rpc: unknown): rpc is { prefix: string } {
  return typeof rpc === 'object' && rpc !== null && 'prefix' in rpc && typeof rpc.prefix === 'string';
}
