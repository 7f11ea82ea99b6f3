import type { Vendor } from './choose-vendor.ts';
import type { DemoSession } from './demo-session.ts';

export const startHelp = `Usage: npm start [-- --run-directory DIR]

Starts Redis, LiveKit, a gateway and a worker on this machine, and stops them on Ctrl-C. Without a vendor's key it also
starts a simulated vendor with a LiveKit of its own.
Logs, Redis' files and state.json, which says what is running, are kept in DIR (.run).

Environment:
  LIVEAVATAR_API_KEY       use LiveAvatar
  HEYGEN_API_KEY           use HeyGen's first API (v1); with both keys, LiveAvatar comes first
  BRIDGE_PROVIDERS         which providers a session tries, in order: liveavatar-full, liveavatar-lite, heygen, voice-only
                           (by the keys; simulated: all four)
  LIVEAVATAR_AVATAR_ID     the avatar of sessions that name none
  LIVEAVATAR_SANDBOX       true: LiveAvatar's sandbox, free, one minute a session
  BRIDGE_SPEECH            the voice of liveavatar-lite and voice-only: embedded, openai (OPENAI_API_KEY)
                           or elevenlabs (ELEVENLABS_API_KEY)
  BRIDGE_RESPONDER_URL     what answers talk messages with liveavatar-lite: an OpenAI-compatible base URL
  PORT                     the gateway's port (8080, or a free one)
  REDIS_URL                use your own Redis
  LIVEKIT_URL, LIVEKIT_API_KEY, LIVEKIT_API_SECRET
                           use your own LiveKit as the stage; liveavatar-lite needs one that LiveAvatar can reach
  VENDOR_LIVEKIT_URL, VENDOR_LIVEKIT_API_KEY, VENDOR_LIVEKIT_API_SECRET
                           use your own LiveKit for the simulated vendor
  BRIDGE_SLOTS             concurrent vendor sessions (3, simulated: 20)

All variables: apps/worker/README.md, apps/gateway/README.md. Providers: docs/providers.md.
`;

export type Welcome = {
  gatewayUrl: string;
  wantedPort: number;
  chatbotKey: string;
  operatorKey: string;
  vendor: Vendor;
  demo: DemoSession | undefined;
  logs: string;
  redisUrl: string;
  stageUrl: string;
  simulatorUrl: string | undefined;
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
    : `  1. Open a session (${w.vendor.name} bills from here on until it is deleted)

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

  Providers    ${w.vendor.providers.join(', then ')}
               ${whose(w)}
  Redis        ${w.redisUrl.replace(/\/\/[^@/]*@/, '//')}
  LiveKit      ${w.stageUrl}
  Logs         ${w.logs}

Ctrl-C stops everything that was started.
`;
}

function whose({ vendor, simulatorUrl }: Welcome): string {
  return simulatorUrl
    ? `simulated at ${simulatorUrl}; with LIVEAVATAR_API_KEY set, LiveAvatar itself`
    : `of ${vendor.name}`;
}
