import type { ICEServer } from '@livekit/protocol';
import type { NativeIceServer } from './native-peer.ts';

/**
 * The STUN and TURN servers of a join response in the form of node-datachannel. Its ICE agent speaks TURN over UDP only, so servers
 * with `transport=tcp` and `turns:` are left out, and with them what is no address.
 */
export function iceServersFrom(
  servers: readonly Pick<ICEServer, 'urls' | 'username' | 'credential'>[],
): NativeIceServer[] {
  return servers.flatMap((server) =>
    server.urls.flatMap((url): NativeIceServer[] => {
      const parsed = /^(stun|turn):(\[[^\]]+\]|[^:?]+)(?::(\d+))?(?:\?(.*))?$/i.exec(url);
      if (parsed === null) return [];
      const [, scheme = '', host = '', digits = '3478', query = ''] = parsed;
      const hostname = host.replace(/^\[|\]$/g, '');
      const port = Number(digits);
      if (port < 1 || port > 65_535) return [];
      if (scheme.toLowerCase() === 'stun') return [{ hostname, port }];
      if ((new URLSearchParams(query).get('transport') ?? 'udp') !== 'udp') return [];
      return [
        { hostname, port, username: server.username, password: server.credential, relayType: 'TurnUdp' },
      ];
    }),
  );
}
