import { execFile } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, expect, test } from 'vitest';

const run = promisify(execFile);
const tree = mkdtempSync(join(tmpdir(), 'import-rules-'));
afterAll(() => rmSync(tree, { recursive: true, force: true }));
cpSync('.oxlintrc.json', join(tree, '.oxlintrc.json'));

async function complaints(file: string, imported: string): Promise<string> {
  const path = join(tree, file);
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, `import { x } from '${imported}';\nexport const y = x;\n`);
  const { stdout } = await run('node_modules/.bin/oxlint', ['-c', join(tree, '.oxlintrc.json'), path]).catch(
    (failure: { stdout: string }) => failure,
  );
  return stdout;
}

test.for([
  ['packages/contracts/src/a.ts', 'ioredis'],
  ['packages/contracts/src/a.ts', '@avatar-bridge/session-store'],
  ['packages/session-store/src/a.ts', '@avatar-bridge/relay'],
  ['packages/heygen-client/src/a.ts', '@avatar-bridge/contracts'],
  ['packages/heygen-client/src/core/a.ts', '../v1/wire/index.ts'],
  ['packages/heygen-client/src/v1/chat/a.ts', '../../liveavatar/wire/index.ts'],
  ['packages/livekit-rtp/src/a.ts', '@avatar-bridge/relay'],
  ['packages/speech/src/a.ts', '@avatar-bridge/relay'],
  ['packages/relay/src/a.ts', '@avatar-bridge/session-store'],
  ['packages/relay/src/a.ts', '../../../apps/worker/src/worker.ts'],
  ['apps/gateway/src/a.ts', '@avatar-bridge/worker'],
  ['apps/worker/src/a.ts', '@avatar-bridge/avatar-simulator'],
  ['apps/worker/src/a.ts', '../../gateway/src/app.ts'],
] as const)('%s may not import %s', async ([file, imported]) => {
  expect(await complaints(file, imported)).toContain('no-restricted-imports');
});

test.for([
  ['packages/contracts/src/b.ts', 'zod'],
  ['packages/session-store/src/b.ts', '@avatar-bridge/contracts'],
  ['packages/heygen-client/src/v1/chat/b.ts', '../../core/errors.ts'],
  ['packages/relay/src/b.ts', '@avatar-bridge/livekit-rtp'],
  ['packages/relay/src/b.ts', '@avatar-bridge/speech'],
  ['packages/avatar-simulator/src/b.ts', '@avatar-bridge/speech'],
  ['apps/worker/src/b.ts', '@avatar-bridge/relay'],
] as const)('%s may import %s', async ([file, imported]) => {
  expect(await complaints(file, imported)).not.toContain('no-restricted-imports');
});
