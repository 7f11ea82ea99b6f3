import type { RedisClient } from './connection.ts';
import type { Logger } from './types.ts';

/** Says what Redis' settings cost, once, when it answers. INFO tells: managed services refuse CONFIG. */
export async function warnOfSettings(redis: RedisClient, logger: Logger): Promise<void> {
  const info = `${await redis.info('memory')}\n${await redis.info('persistence')}`;
  const policy = /^maxmemory_policy:(\S+)/m.exec(info)?.[1];
  if (policy !== undefined && policy !== 'noeviction')
    logger.warn(
      { maxmemoryPolicy: policy },
      'Redis may throw keys away when its memory is full: messages would be lost without a trace, and vendor sessions would cost money unseen; set maxmemory-policy to noeviction',
    );
  if (/^aof_enabled:0/m.test(info))
    logger.warn(
      {},
      'Redis keeps no append-only file: when it crashes, sessions and accepted messages are lost, and which vendor sessions cost money; set appendonly to yes',
    );
}
