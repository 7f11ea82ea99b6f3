import { ConfigError } from '@avatar-bridge/contracts';
import { help, readConfig } from './config.ts';
import { startGateway } from './gateway.ts';
import { createLogger } from './log.ts';

async function main(): Promise<void> {
  if (process.argv.includes('--help')) return void process.stdout.write(help());
  const { config, unknown } = readConfig(process.env);
  const logger = createLogger(config.BRIDGE_LOG_LEVEL);
  if (unknown.length > 0) logger.warn({ variables: unknown }, 'unknown variables: misspelt?');
  const gateway = await startGateway(config, {
    logger,
    onMadeUpKeys: (keys) =>
      process.stderr.write(
        `No keys are configured, so these hold until the gateway stops: ${JSON.stringify(keys)}\n`,
      ),
  });
  for (const signal of ['SIGTERM', 'SIGINT'] as const) {
    process.once(signal, () => {
      logger.info({ signal }, 'stopping');
      void gateway.close().then(() => logger.info({}, 'stopped'));
    });
  }
  process.stdout.write(`${JSON.stringify({ listening: gateway.url })}\n`);
}

try {
  await main();
} catch (error) {
  const told = error instanceof ConfigError || (error instanceof Error && 'syscall' in error);
  process.stderr.write(`${told ? error.message : error instanceof Error ? error.stack : String(error)}\n`);
  process.exit(1);
}
