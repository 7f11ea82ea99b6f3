import { createHash } from 'node:crypto';
import { existsSync, globSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { progress } from './cache.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));

/** Builds the web pages when their sources changed since the last time. */
export async function buildConsole(): Promise<void> {
  const stamp = join(root, 'apps/console/dist/.built-from');
  const sources = globSync(
    [
      'apps/console/{src,public}/**/*',
      'apps/console/*.{html,json,ts}',
      'packages/contracts/src/*.ts',
      'pnpm-lock.yaml',
    ],
    { cwd: root },
  )
    .filter((file) => /\.\w+$/.test(file))
    .toSorted();
  const hash = createHash('sha256');
  for (const file of sources) hash.update(file).update(readFileSync(join(root, file)));
  const wanted = hash.digest('hex');
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === wanted) return;
  const app = join(root, 'apps/console');
  const { ok, output } = await progress(
    'Building the web pages',
    process.execPath,
    [join(app, 'node_modules/vite/bin/vite.js'), 'build'],
    {
      cwd: app,
    },
  );
  if (!ok) throw new Error(`The web pages could not be built:\n${output}`);
  writeFileSync(stamp, wanted);
}
