type Environment = Record<string, string | undefined>;

/** Who speaks: a real vendor, with the settings of the workers that use it, or the simulated one, which serves all providers. */
export type Vendor = {
  kind: 'real' | 'simulated';
  /** What people call it. */
  name: string;
  /** In the order in which a session tries them. */
  providers: string[];
  workerEnv: Record<string, string>;
};

const simulatedProviders = ['liveavatar-full', 'liveavatar-lite', 'heygen', 'voice-only'];
const ofVendors = /^(LIVEAVATAR|HEYGEN|OPENAI|ELEVENLABS|BRIDGE_SPEECH|BRIDGE_RESPONDER)(_|$)/;
const keysAndAddresses = /^(LIVEAVATAR|HEYGEN)_(API_KEY|BASE_URL)$/;

/** LiveAvatar where it has a key, else HeyGen's v1 where that has one, else the simulator. */
export function chooseVendor(env: Environment): Vendor {
  const [liveAvatar, heygen] = [Boolean(env['LIVEAVATAR_API_KEY']), Boolean(env['HEYGEN_API_KEY'])];
  const real = liveAvatar || heygen;
  const byKeys = [...(liveAvatar ? ['liveavatar-full'] : []), ...(heygen ? ['heygen'] : [])];
  const asked = (env['BRIDGE_PROVIDERS'] ?? '')
    .split(',')
    .map((name) => name.trim())
    .filter(Boolean);
  const providers = asked.length > 0 ? asked : real ? byKeys : simulatedProviders;
  const settings = Object.entries(env).flatMap(([name, value]) =>
    value && ofVendors.test(name) && (real || !keysAndAddresses.test(name)) ? [[name, value] as const] : [],
  );
  return {
    kind: real ? 'real' : 'simulated',
    name: liveAvatar ? 'LiveAvatar' : heygen ? 'HeyGen (v1)' : 'simulated',
    providers,
    workerEnv: { ...Object.fromEntries(settings), BRIDGE_PROVIDERS: providers.join(',') },
  };
}
