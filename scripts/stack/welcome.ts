import type { DemoSession } from './demo-session.ts';

export const startHelp = `Usage: npm start [-- --run-directory DIR]

Starts Redis, two LiveKit servers, the simulated vendor, a gateway and a worker on this machine, and stops them on Ctrl-C.
Logs, Redis' files and state.json, which says what is running, are kept in DIR (.run).

Environment:
  PORT                     the gateway's port (8080, or a free one)
  HEYGEN_API_KEY           use HeyGen instead of the simulator; it needs a LIVEKIT_URL that viewers can reach
  REDIS_URL                use your own Redis
  LIVEKIT_URL, LIVEKIT_API_KEY, LIVEKIT_API_SECRET
                           use your own LiveKit as the stage
  VENDOR_LIVEKIT_URL, VENDOR_LIVEKIT_API_KEY, VENDOR_LIVEKIT_API_SECRET
                           use your own LiveKit for the simulated vendor
  BRIDGE_SLOTS             concurrent vendor sessions (3 with HeyGen, 20 simulated)
`;

export type Welcome = {
  gatewayUrl: string;
  wantedPort: number;
  chatbotKey: string;
  operatorKey: string;
  demo: DemoSession | undefined;
  logs: string;
  redisUrl: string;
  stageUrl: string;
  vendorUrl: string;
};

/** What `npm start` prints when all is up. */
export function welcome(w: Welcome): string {
  const auth = `-H 'Authorization: Bearer ${w.chatbotKey}' -H 'Content-Type: application/json'`;
  const say = (id: string): string =>
    `curl -s ${w.gatewayUrl}/v1/sessions/${id}/messages ${auth} \\\n    -d '{"text": "Hello! I am the avatar, and I am speaking in your own room."}'`;
  const moved =
    w.wantedPort === 0 || w.gatewayUrl.endsWith(`:${w.wantedPort}`)
      ? ''
      : `  (port ${w.wantedPort} was taken)\n`;
  const steps = w.demo
    ? `  1. Watch     ${w.demo.viewerUrl}

  2. Speak     ${say(w.demo.id)}
`
    : `  1. Open a session (HeyGen bills from here on until it is deleted)

    curl -s ${w.gatewayUrl}/v1/sessions ${auth} -d '{}'

  2. Get a link to watch it, with its id for SESSION

    curl -s ${w.gatewayUrl}/v1/sessions/SESSION/viewers ${auth} -d '{"control": true}'

  3. Speak

    ${say('SESSION')}
`;
  return `
avatar-bridge is running at ${w.gatewayUrl}
${moved}
${steps}
  Operate      ${w.gatewayUrl}/operators   (any user name, password ${w.operatorKey})

  Redis        ${w.redisUrl.replace(/\/\/[^@/]*@/, '//')}
  LiveKit      ${w.stageUrl}
  Vendor       ${w.vendorUrl}
  Logs         ${w.logs}

Ctrl-C stops everything that was started.
`;
}
