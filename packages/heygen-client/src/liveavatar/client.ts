import { inspect } from 'node:util';
import { type ClientOptions, connect, type Connection, type CallOptions } from '../core/options.ts';
import type { Requester } from '../core/requester.ts';
import { Avatars, Contexts, Voices } from './catalogue.ts';
import { liveAvatar } from './error-rules.ts';
import {
  type ListOptions,
  type Page,
  pageOf,
  pageQuery,
  sessionInfo,
  type SessionInfo,
  transcript,
  type Transcript,
} from './listings.ts';
import { below } from './paths.ts';
import {
  fromResponse,
  type SessionOptions,
  type SessionToken,
  type StartedSession,
  toRequest,
} from './session-options.ts';
import * as wire from './wire/index.ts';

/** Calls that take the API key only. */
type KeyOptions = Omit<CallOptions, 'token'>;

/**
 * LiveAvatar's REST API. Every method rejects with a TerminalError, a RetryableError or a CancelledError.
 * Without a `token` calls send the API key.
 */
export class LiveAvatarClient {
  readonly baseUrl: string;
  readonly avatars: Avatars;
  readonly voices: Voices;
  readonly contexts: Contexts;
  readonly #connection: Connection;
  readonly #requester: Requester;

  /** @throws TerminalError when the key or the URL can't be one; nothing is sent yet. */
  constructor(options: ClientOptions = {}) {
    this.#connection = connect(liveAvatar, options);
    this.#requester = this.#connection.requester;
    this.baseUrl = this.#connection.baseUrl;
    this.avatars = new Avatars(this.#requester);
    this.voices = new Voices(this.#requester);
    this.contexts = new Contexts(this.#requester);
  }

  /** Says what the session will be; it runs and costs credits only once it is started. */
  async createToken(session: SessionOptions, options: KeyOptions = {}): Promise<SessionToken> {
    const { session_id: sessionId, session_token: token } = await this.#requester.call({
      what: 'create a session token',
      path: wire.endpoints.token,
      body: toRequest(session),
      repeat: 'always',
      response: wire.TokenResponse,
      ...(session.mode === 'LITE' && { secrets: [session.livekit?.token] }),
      ...options,
    });
    return { sessionId, token };
  }

  /**
   * Starts the session of a token, which costs credits until it is stopped. When the signal is aborted or the
   * time is up while the vendor works, the session may run all the same: stop it by the id that createToken()
   * returned.
   */
  async start(token: string, options: KeyOptions = {}): Promise<StartedSession> {
    const response = await this.#requester.call({
      what: 'start the session',
      path: wire.endpoints.start,
      body: {} satisfies wire.StartRequest,
      repeat: 'unsent',
      response: wire.StartResponse,
      ...options,
      token,
    });
    return fromResponse(response);
  }

  /**
   * Ends a session. Ending one that is gone rejects with `session-closed`, or does not, as the vendor has it.
   */
  async stop(sessionId: string, options: CallOptions & { reason?: wire.EndReason } = {}): Promise<void> {
    const { reason = 'USER_CLOSED', ...call } = options;
    await this.#requester.call({
      what: 'stop the session',
      path: wire.endpoints.stop,
      body: { session_id: sessionId, reason } satisfies wire.StopRequest,
      repeat: 'always',
      ...call,
    });
  }

  /** Starts the vendor's idle timeout again: 5 minutes by the documentation, less than 4 by observers. */
  async keepAlive(sessionId: string, options: CallOptions = {}): Promise<void> {
    await this.#requester.call({
      what: 'keep the session alive',
      path: wire.endpoints.keepAlive,
      body: { session_id: sessionId } satisfies wire.KeepAliveRequest,
      repeat: 'always',
      ...options,
    });
  }

  /** A page of the account's sessions, whoever created them. */
  async list(query: ListOptions = {}, options: KeyOptions = {}): Promise<Page<SessionInfo>> {
    const { type = 'active', avatarId, contextId } = query;
    const path = wire.endpoints.sessions;
    const asked = { type, avatar_id: avatarId, context_id: contextId, ...pageQuery(query) };
    const body = await this.#requester.get('list the sessions', path, wire.ListResponse, options, asked);
    return pageOf(body, query, sessionInfo);
  }

  async get(sessionId: string, options: KeyOptions = {}): Promise<SessionInfo> {
    const path = below(wire.endpoints.sessions, sessionId);
    return sessionInfo(await this.#requester.get('look the session up', path, wire.ListedSession, options));
  }

  /** What was said in a FULL session; the vendor keeps none of a LITE one. */
  async transcript(
    sessionId: string,
    range: { from?: number; to?: number } = {},
    options: KeyOptions = {},
  ): Promise<Transcript> {
    const path = `${below(wire.endpoints.sessions, sessionId)}/transcript`;
    const asked = { start_timestamp: range.from, end_timestamp: range.to } satisfies wire.TranscriptQuery;
    const what = 'read the transcript';
    return transcript(await this.#requester.get(what, path, wire.TranscriptResponse, options, asked));
  }

  /** Deletes for good what the vendor keeps of a session. */
  async deleteEvents(sessionId: string, options: CallOptions = {}): Promise<void> {
    await this.#requester.call({
      what: "delete the session's events",
      method: 'DELETE',
      path: `${below(wire.endpoints.sessions, sessionId)}/events`,
      repeat: 'always',
      ...options,
    });
  }

  /** What `language` of createToken() takes. */
  async languages(options: KeyOptions = {}): Promise<{ code: string; name: string | undefined }[]> {
    const path = wire.endpoints.languages;
    const list = await this.#requester.get('list the languages', path, wire.LanguageListResponse, options);
    return list.map(({ code, language }) => ({ code, name: language }));
  }

  /** How many credits the account has left. */
  async credits(options: KeyOptions = {}): Promise<number> {
    const path = wire.endpoints.credits;
    const body = await this.#requester.get('read the credits', path, wire.CreditsResponse, options);
    return body.credits_left;
  }

  /**
   * Closes the kept connections; calls under way fail. Sessions live on. Not needed for the process to end.
   */
  close(): Promise<void> {
    return this.#connection.close();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  [inspect.custom](): string {
    return `LiveAvatarClient { baseUrl: '${this.baseUrl}' }`;
  }
}
