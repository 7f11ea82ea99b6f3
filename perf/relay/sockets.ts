import { readdirSync, readFileSync, readlinkSync } from 'node:fs';

/** The inodes of a process's sockets. */
export function socketInodes(pid: number): Set<string> {
  const inodes = new Set<string>();
  for (const fd of readdirSync(`/proc/${pid}/fd`)) {
    try {
      const inode = /^socket:\[(\d+)\]$/.exec(readlinkSync(`/proc/${pid}/fd/${fd}`))?.[1];
      if (inode !== undefined) inodes.add(inode);
    } catch {
      // Closed meanwhile.
    }
  }
  return inodes;
}

/** Packets that the kernel dropped because these processes did not read their UDP sockets in time, since the sockets were made. */
export function udpDrops(pids: readonly number[]): number {
  const ours = new Set(pids.flatMap((pid) => [...socketInodes(pid)]));
  let drops = 0;
  for (const fields of table('udp')) if (ours.has(fields[9] ?? '')) drops += Number(fields.at(-1));
  return drops;
}

/** Which process of this machine listens on the TCP port. */
export function pidListeningOn(port: number): number | undefined {
  const hex = port.toString(16).toUpperCase().padStart(4, '0');
  const listening = [...table('tcp'), ...table('tcp6')].find(
    (fields) => fields[1]?.endsWith(`:${hex}`) && fields[3] === '0A',
  );
  const inode = listening?.[9];
  if (inode === undefined) return undefined;
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .find((pid) => {
      try {
        return socketInodes(pid).has(inode);
      } catch {
        return false;
      }
    });
}

/** The lines of a table of the kernel, by fields. */
function table(name: string): string[][] {
  try {
    return readFileSync(`/proc/net/${name}`, 'utf8')
      .trim()
      .split('\n')
      .slice(1)
      .map((line) => line.trim().split(/\s+/));
  } catch {
    return [];
  }
}
