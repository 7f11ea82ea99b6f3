import type { StreamedEvent } from '@avatar-bridge/contracts';
import { useLayoutEffect, useRef, useState } from 'react';
import { describeEvent } from './describe-event.ts';

const clock = new Intl.DateTimeFormat(undefined, {
  hour: '2-digit',
  minute: '2-digit',
  second: '2-digit',
  hour12: false,
});
/** What comes often and says little to most. */
const details = new Set<StreamedEvent['type']>([
  'vendor.event',
  'caption.updated',
  'avatar.state',
  'media.stats',
]);

/** The session's events as they come, newest at the bottom, following along unless somebody scrolled up. */
export function StatusLog({ log }: { log: StreamedEvent[] }) {
  const [detailed, setDetailed] = useState(false);
  const list = useRef<HTMLOListElement>(null);
  const following = useRef(true);
  const shown = detailed ? log : log.filter(({ type }) => !details.has(type));

  useLayoutEffect(() => {
    if (following.current && list.current) list.current.scrollTop = list.current.scrollHeight;
  });

  return (
    <section className="panel log" aria-label="Status log">
      <header>
        <h2>Events</h2>
        <label className="switch">
          <input type="checkbox" checked={detailed} onChange={(event) => setDetailed(event.target.checked)} />
          every detail
        </label>
      </header>
      <ol
        ref={list}
        onScroll={({ currentTarget: l }) => {
          following.current = l.scrollHeight - l.scrollTop - l.clientHeight < 24;
        }}
      >
        {shown.length === 0 && <li className="empty">Nothing has happened yet.</li>}
        {shown.map((event) => {
          const { text, tone } = describeEvent(event);
          return (
            <li key={event.id} className={tone} title={`${event.type} ${event.id}`}>
              <time>{clock.format(event.at)}</time>
              <span>{text}</span>
            </li>
          );
        })}
      </ol>
    </section>
  );
}
