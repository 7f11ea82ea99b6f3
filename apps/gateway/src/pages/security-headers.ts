import type { MiddlewareHandler } from 'hono';
import { secureHeaders } from 'hono/secure-headers';

export type PageNeeds = {
  /** Hosts to connect to besides our own. */
  connect?: string[];
  /** A further source of styles. */
  styles?: string;
};

/** What our pages may do: load from us, connect to us and to `connect`, and nothing else. */
export function securityHeaders({ connect = [], styles }: PageNeeds = {}): MiddlewareHandler {
  return secureHeaders({
    contentSecurityPolicy: {
      defaultSrc: ["'none'"],
      scriptSrc: ["'self'"],
      styleSrc: ["'self'", ...(styles ? [styles] : [])],
      imgSrc: ["'self'", 'data:', 'blob:'],
      fontSrc: ["'self'"],
      mediaSrc: ["'self'", 'blob:'],
      workerSrc: ["'self'", 'blob:'],
      connectSrc: ["'self'", ...connect],
      frameAncestors: ["'none'"],
      baseUri: ["'self'"],
      formAction: ["'none'"],
    },
    permissionsPolicy: { camera: [], microphone: [], geolocation: [], displayCapture: [] },
    referrerPolicy: 'no-referrer',
    xFrameOptions: 'DENY',
    // Whoever ends TLS in front of us says whether there is TLS.
    strictTransportSecurity: false,
  });
}
