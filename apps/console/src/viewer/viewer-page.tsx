import type { MessageMode, StreamedEvent } from '@avatar-bridge/contracts';
import { useCallback, useEffect, useMemo, useReducer, useState } from 'react';
import { BridgeApi, BridgeError } from './bridge-api.ts';
import { Controls } from './controls.tsx';
import { type Credentials, grantsOf, keepTicket } from './credentials.ts';
import { followEvents } from './event-socket.ts';
import { providerName } from './provider-name.ts';
import { Stage, type StageAccess } from './stage.tsx';
import { StatusLog } from './status-log.tsx';
import { initialState, nextViewerState } from './viewer-state.ts';

/** Watches one session; with a ticket what its grants name can be done as well. */
export function ViewerPage({ credentials }: { credentials: Credentials }) {
  switch (credentials.kind) {
    case 'watch':
      return (
        <Watch
          sessionId={credentials.sessionId}
          access={{ url: credentials.url, token: credentials.token }}
        />
      );
    case 'control':
      return <Control sessionId={credentials.sessionId} ticket={credentials.ticket} />;
    case 'none':
      return <NoAccess sessionId={credentials.sessionId} title="This link has no access" />;
  }
}

function NoAccess({ sessionId, title }: { sessionId: string; title: string }) {
  return (
    <main className="page narrow">
      <Header sessionId={sessionId} />
      <section className="panel">
        <h2>{title}</h2>
        <p>
          Ask for a new link: <code>POST /v1/sessions/{sessionId || '…'}/viewers</code> answers with one.
        </p>
      </section>
    </main>
  );
}

function Watch({ sessionId, access }: { sessionId: string; access: StageAccess }) {
  const [state, dispatch] = useReducer(nextViewerState, initialState);
  const onEvent = useCallback((event: StreamedEvent) => dispatch({ type: 'event', event }), []);
  const onAvatarLeft = useCallback(() => dispatch({ type: 'avatar.left' }), []);
  const ended = state.session === 'ended';
  return (
    <main className="page">
      <Header sessionId={sessionId} session={state.session} />
      <div className="columns">
        <Stage
          sessionId={sessionId}
          access={ended ? undefined : access}
          provider={state.provider && providerName(state.provider)}
          notice={ended ? state.notice : undefined}
          onEvent={onEvent}
          onAvatarLeft={onAvatarLeft}
        />
        <StatusLog log={state.log} />
      </div>
    </main>
  );
}

function Control(first: { sessionId: string; ticket: string }) {
  const [{ sessionId, ticket }, setOpened] = useState(first);
  const api = useMemo(() => new BridgeApi(ticket), [ticket]);
  const grants = useMemo(() => grantsOf(ticket), [ticket]);
  const [state, dispatch] = useReducer(nextViewerState, initialState);
  const [access, setAccess] = useState<StageAccess>();
  const [connected, setConnected] = useState(true);
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<string>();
  const [refusal, setRefusal] = useState<BridgeError>();
  const [providers, setProviders] = useState<string[]>([]);
  const ended = state.session === 'ended';

  useEffect(() => {
    if (!sessionId) return undefined;
    dispatch({ type: 'reset' });
    let current = true;
    api.viewer(sessionId).then(
      (given) => current && setAccess(given),
      // Whether the session has ended, or there is no access to it, is seen by its events.
      (failure: unknown) =>
        current && !(failure instanceof BridgeError && failure.status < 500) && setError(String(failure)),
    );
    const stop = followEvents(api, sessionId, {
      onEvent: (event) => dispatch({ type: 'event', event }),
      onConnection: setConnected,
      onRefused: setRefusal,
    });
    return () => {
      current = false;
      stop();
      setAccess(undefined);
    };
  }, [api, sessionId]);

  // Before a worker took the session it may not be known.
  const known = state.session === 'live' || ended;
  useEffect(() => {
    if (!known || !grants.includes('restart')) return undefined;
    let current = true;
    api.session(sessionId).then(
      (session) => current && setProviders((session.providers ?? []).map(({ name }) => name)),
      () => undefined,
    );
    return () => void (current = false);
  }, [api, sessionId, known, grants]);

  /** Runs one request, shows its failure, and says whether it worked. */
  const attempt = async (request: () => Promise<unknown>): Promise<boolean> => {
    setBusy(true);
    setError(undefined);
    try {
      await request();
      return true;
    } catch (failure) {
      setError(failure instanceof Error ? failure.message : String(failure));
      return false;
    } finally {
      setBusy(false);
    }
  };
  const start = (provider: string | undefined): Promise<boolean> =>
    attempt(async () => {
      const opened = await api.restart(sessionId, provider);
      keepTicket(opened.id, opened.ticket);
      window.history.pushState(null, '', `/viewer/${opened.id}`);
      setOpened({ sessionId: opened.id, ticket: opened.ticket });
    });

  if (refusal?.status === 404)
    return <NoAccess sessionId={sessionId} title="There is no such session any more" />;
  if (refusal) return <NoAccess sessionId={sessionId} title="This link has expired" />;
  return (
    <main className="page">
      <Header sessionId={sessionId} session={state.session} offline={!connected && !ended} />
      <div className="columns">
        <div>
          <Stage
            sessionId={sessionId}
            access={ended ? undefined : access}
            provider={state.provider && providerName(state.provider)}
            notice={state.notice}
          />
          <Controls
            state={state}
            grants={grants}
            busy={busy}
            error={error}
            providers={providers}
            onStart={(provider) => void start(provider)}
            onClose={() => void attempt(() => api.deleteSession(sessionId))}
            onSpeak={(text: string, mode: MessageMode) =>
              attempt(() => api.postMessage(sessionId, text, mode))
            }
            onInterrupt={() => void attempt(() => api.interrupt(sessionId))}
          />
        </div>
        <StatusLog log={state.log} />
      </div>
    </main>
  );
}

function Header({
  sessionId,
  session,
  offline = false,
}: {
  sessionId: string;
  session?: string;
  offline?: boolean;
}) {
  return (
    <header className="top">
      <img src="/favicon.svg" alt="" width="28" height="28" />
      <h1>avatar-bridge</h1>
      {sessionId && <code title={sessionId}>{`${sessionId.slice(0, 8)}…${sessionId.slice(-4)}`}</code>}
      <span className="gap" />
      {offline && <span className="pill recovering">gateway lost, trying again</span>}
      {session && session !== 'none' && <span className={`pill ${session}`}>{session}</span>}
    </header>
  );
}
