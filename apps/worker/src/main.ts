import { ConfigError } from '@avatar-bridge/contracts';
import { help, readConfig } from './config.ts';
import { createLogger } from './log.ts';
import { runWorker } from './run-worker.ts';

async function main(): Promise<void> {
  if (process.argv.includes('--help')) return void process.stdout.write(help());
  const { config, unknown } = readConfig(process.env);
  const logger = createLogger(config.BRIDGE_LOG_LEVEL);
  if (unknown.length > 0) logger.warn({ variables: unknown }, 'unknown variables: misspelt?');
  const worker = await runWorker(config, logger);
  process.stdout.write(`${JSON.stringify({ listening: worker.url })}\n`);
  for (const signal of ['SIGTERM', 'SIGINT'] as const) {
    process.on(signal, () => {
      logger.info({ signal }, 'stopping');
      void worker.stop().then(() => process.exit(0));
    });
  }
}

try {
  await main();
} catch (error) {
  const told = error instanceof ConfigError || (error instanceof Error && 'syscall' in error);
  process.stderr.write(`${told ? error.message : error instanceof Error ? error.stack : String(error)}\n`);
  process.exit(1);
}
