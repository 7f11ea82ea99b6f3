import { TerminalError } from './errors.ts';

/** The signalling protocol version spoken here; 16 adds nothing that a participant of this kind has to answer. */
const PROTOCOL = '16';

/** The address of the server's v0 signalling endpoint (two peer connections). The token travels in a header, never in the URL. */
export function signalUrl(base: string, options: { autoSubscribe: boolean }): URL {
  const url = serverUrl(base);
  url.protocol = url.protocol.replace(/^http/, 'ws');
  url.pathname = `${url.pathname.replace(/\/+$/, '')}/rtc`;
  url.search = new URLSearchParams({
    sdk: 'node',
    protocol: PROTOCOL,
    version: '0.1.0',
    auto_subscribe: options.autoSubscribe ? '1' : '0',
    adaptive_stream: '0',
    // Never pause a track because the server believes the downlink to be full: whoever forwards packets wants all of them.
    subscriber_allow_pause: '0',
    disable_ice_lite: '0',
  }).toString();
  return url;
}

/** The local address ICE should bind to for a server at this address: loopback for loopback, otherwise the system's choice. */
export function bindAddressFor(base: string): string | undefined {
  const { hostname } = serverUrl(base);
  return hostname === 'localhost' || hostname === '[::1]' || /^127(\.\d+){3}$/.test(hostname)
    ? '127.0.0.1'
    : undefined;
}

function serverUrl(base: string): URL {
  const url = URL.canParse(base) ? new URL(base) : undefined;
  if (url === undefined || !/^(ws|http)s?:$/.test(url.protocol)) {
    throw new TerminalError(
      'invalid-url',
      'the LiveKit url must start with ws://, wss://, http:// or https://',
    );
  }
  return url;
}
