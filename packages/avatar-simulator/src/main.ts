import { pino } from 'pino';
import { selfSignedCertificate } from './certificate.ts';
import { ConfigError, readConfig, usage } from './config.ts';
import { startSimulator } from './simulator.ts';

if (process.argv.includes('--help')) {
  process.stdout.write(usage());
  process.exit(0);
}

try {
  const { config, unknown } = readConfig(process.env);
  const logger = pino({ level: config.SIMULATOR_LOG_LEVEL }, pino.destination(2));
  for (const name of unknown) logger.warn({ name }, 'An environment variable is not known');
  const simulator = await startSimulator({
    apiKey: config.SIMULATOR_API_KEY,
    livekit: {
      url: config.VENDOR_LIVEKIT_URL,
      apiKey: config.VENDOR_LIVEKIT_API_KEY,
      apiSecret: config.VENDOR_LIVEKIT_API_SECRET,
    },
    host: config.SIMULATOR_HOST,
    port: config.SIMULATOR_PORT,
    ...(config.SIMULATOR_TLS_PORT !== undefined && {
      tls: { port: config.SIMULATOR_TLS_PORT, ...(await selfSignedCertificate()) },
    }),
    limits: {
      concurrency: config.SIMULATOR_CONCURRENCY,
      sessionDurationLimit: config.SIMULATOR_SESSION_DURATION_LIMIT,
      idleTimeout: config.SIMULATOR_IDLE_TIMEOUT,
      clientJoinTimeout: config.SIMULATOR_CLIENT_JOIN_TIMEOUT,
      tokenLifetime: config.SIMULATOR_TOKEN_LIFETIME,
      silenceAfter: config.SIMULATOR_SILENCE_AFTER,
    },
    plan: config.SIMULATOR_PLAN,
    liveAvatarLimits: {
      reapAfter: config.SIMULATOR_REAP_AFTER,
      ...(config.SIMULATOR_MAX_SESSION_DURATION !== undefined && {
        maxSessionDuration: config.SIMULATOR_MAX_SESSION_DURATION,
      }),
    },
    startDelay: config.SIMULATOR_START_DELAY,
    logger,
  });
  const stop = (): void => void simulator.close().then(() => process.exit(0));
  process.once('SIGTERM', stop).once('SIGINT', stop);
  process.stdout.write(`${JSON.stringify({ listening: simulator.url })}\n`);
} catch (error) {
  process.stderr.write(`${error instanceof ConfigError ? error.message : String(error)}\n`);
  process.exit(1);
}
