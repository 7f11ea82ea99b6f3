import { inspect } from 'node:util';
import { type CallOptions, type ClientOptions, connect, type Connection } from '../core/options.ts';
import { queryString } from '../core/query.ts';
import type { Repeat, Requester } from '../core/requester.ts';
import { type ChatListeners, openChat, type StreamingChat } from './chat/streaming-chat.ts';
import { heygen } from './error-rules.ts';
import {
  avatarInfo,
  type AvatarInfo,
  historyPage,
  type HistoryOptions,
  type HistoryPage,
  openSession,
  type OpenSession,
} from './listings.ts';
import { fromResponse, type NewSession, type NewSessionOptions, toRequest } from './new-session.ts';
import * as wire from './wire/index.ts';

export type TaskOptions = CallOptions & {
  text: string;
  /** `talk` is answered by the vendor's LLM, `repeat` is said as it is. */
  taskType: 'talk' | 'repeat';
  /** `async` (default) answers when the vendor has the text; `sync` when it was spoken, or never. */
  taskMode?: 'sync' | 'async';
};
export type Task = {
  /** What the room's events call it. */
  taskId: string;
  /** The vendor's guess at how long it speaks, ms. */
  durationMs: number | undefined;
};

export type ChatOptions = ChatListeners & {
  sessionId: string;
  /** A session token of createToken(). */
  token: string;
  silenceResponse?: boolean;
  /** Said by the avatar when the socket opens. */
  openingText?: string;
  sttLanguage?: string;
  pushToTalk?: boolean;
  timeout?: number;
  signal?: AbortSignal;
};

/**
 * The HeyGen Streaming API v1. Every method rejects with a TerminalError, a RetryableError or a
 * CancelledError.
 */
export class HeyGenClient {
  readonly baseUrl: string;
  readonly #connection: Connection;
  readonly #requester: Requester;

  /** @throws TerminalError when the key or the URL can't be one; nothing is sent yet. */
  constructor(options: ClientOptions = {}) {
    this.#connection = connect(heygen, options);
    this.#requester = this.#connection.requester;
    this.baseUrl = this.#connection.baseUrl;
  }

  /** A token for one session: for openChat(), or for a browser instead of the key. */
  async createToken(options: Omit<CallOptions, 'token'> = {}): Promise<string> {
    const path = wire.endpoints.createToken;
    const data = await this.#requester.call({
      what: 'create a token',
      path,
      body: {},
      repeat: 'always',
      response: wire.CreateTokenResponse,
      ...options,
    });
    return data.token;
  }

  /**
   * Creates a session, which costs money until it is stopped. When the signal is aborted or the time is up
   * while the vendor works, a session may exist that nobody knows: pass no signal and stop what comes into
   * being instead, or look into list().
   */
  async newSession(session: NewSessionOptions = {}, options: CallOptions = {}): Promise<NewSession> {
    const path = wire.endpoints.newSession;
    const body = toRequest(session);
    return fromResponse(
      await this.#requester.call({
        what: 'create a session',
        path,
        body,
        repeat: 'unsent',
        response: wire.NewSessionResponse,
        ...options,
      }),
    );
  }

  /** Brings the avatar into the room. */
  start(sessionId: string, options: CallOptions = {}): Promise<void> {
    return this.#onSession('start the session', wire.endpoints.start, sessionId, {
      repeat: 'unsent',
      ...options,
    });
  }

  /**
   * Has a text said. Never repeated by itself, or it may be said twice: an error with `uncertain` false was
   * surely not taken. In sync mode the default timeout grows with the text, for the vendor answers when it
   * was spoken.
   */
  async task(sessionId: string, task: TaskOptions): Promise<Task> {
    const { text, taskType, taskMode = 'async', timeout, ...options } = task;
    const longest =
      taskMode === 'sync' ? this.#connection.timeout + text.length * 200 : this.#connection.timeout;
    const data = await this.#requester.call({
      what: taskType === 'talk' ? 'answer a text' : 'speak a text',
      path: wire.endpoints.task,
      body: {
        session_id: sessionId,
        text,
        task_mode: taskMode,
        task_type: taskType,
      } satisfies wire.TaskRequest,
      repeat: 'never',
      response: wire.TaskResponse,
      secrets: [text],
      timeout: timeout ?? longest,
      ...options,
    });
    return { taskId: data.task_id, durationMs: data.duration_ms };
  }

  /** Silences the avatar and drops what waits behind. Nothing happens when it is silent. */
  interrupt(sessionId: string, options: CallOptions = {}): Promise<void> {
    return this.#onSession('interrupt the avatar', wire.endpoints.interrupt, sessionId, {
      repeat: 'always',
      ...options,
    });
  }

  /** Starts the vendor's idle timeout again. */
  keepAlive(sessionId: string, options: CallOptions = {}): Promise<void> {
    return this.#onSession('keep the session alive', wire.endpoints.keepAlive, sessionId, {
      repeat: 'always',
      ...options,
    });
  }

  /**
   * Ends a session. Ending one that is gone rejects with `not-ready` or `session-closed`, as the vendor has
   * it.
   */
  stop(sessionId: string, options: CallOptions = {}): Promise<void> {
    return this.#onSession('stop the session', wire.endpoints.stop, sessionId, {
      repeat: 'always',
      ...options,
    });
  }

  /** The vendor begins to listen to the user's microphone. */
  startListening(sessionId: string, options: CallOptions = {}): Promise<void> {
    return this.#onSession('start listening', wire.endpoints.startListening, sessionId, {
      repeat: 'always',
      ...options,
    });
  }

  stopListening(sessionId: string, options: CallOptions = {}): Promise<void> {
    return this.#onSession('stop listening', wire.endpoints.stopListening, sessionId, {
      repeat: 'always',
      ...options,
    });
  }

  /** The account's sessions that are open now, whoever created them. */
  async list(options: CallOptions = {}): Promise<OpenSession[]> {
    const data = await this.#requester.get(
      'list the sessions',
      wire.endpoints.list,
      wire.ListResponse,
      options,
    );
    return data.sessions.map(openSession);
  }

  /** A page of the account's sessions, past ones included. */
  async history(query: HistoryOptions = {}, options: CallOptions = {}): Promise<HistoryPage> {
    const page = await this.#requester.call({
      what: "list the sessions' history",
      method: 'GET',
      path: wire.endpoints.history,
      query: {
        page: query.page,
        page_size: query.pageSize,
        next_pagination_token: query.paginationToken,
        status: query.status,
        date_from: query.from,
        date_to: query.to,
      } satisfies wire.HistoryQuery,
      repeat: 'always',
      bare: true,
      response: wire.HistoryResponse,
      ...options,
    });
    return historyPage(page);
  }

  /** The avatars that the account may use. */
  async listAvatars(options: CallOptions = {}): Promise<AvatarInfo[]> {
    return (
      await this.#requester.get('list the avatars', wire.endpoints.avatars, wire.AvatarListResponse, options)
    ).map(avatarInfo);
  }

  async listKnowledgeBases(options: CallOptions = {}): Promise<wire.KnowledgeBase[]> {
    return (
      await this.#requester.get(
        'list the knowledge bases',
        wire.endpoints.knowledgeBases,
        wire.KnowledgeBaseListResponse,
        options,
      )
    ).list;
  }

  /** What the vendor answers is not documented: look the new one up with listKnowledgeBases(). */
  async createKnowledgeBase(
    knowledgeBase: wire.KnowledgeBaseRequest,
    options: CallOptions = {},
  ): Promise<void> {
    const path = wire.endpoints.createKnowledgeBase;
    await this.#requester.call({
      what: 'create a knowledge base',
      path,
      body: knowledgeBase,
      repeat: 'unsent',
      ...options,
    });
  }

  /** Replaces all of it. */
  async updateKnowledgeBase(
    id: string,
    knowledgeBase: wire.KnowledgeBaseRequest,
    options: CallOptions = {},
  ): Promise<void> {
    const path = `${wire.endpoints.updateKnowledgeBase}/${encodeURIComponent(id)}`;
    await this.#requester.call({
      what: 'update a knowledge base',
      path,
      body: knowledgeBase,
      repeat: 'always',
      ...options,
    });
  }

  /**
   * Opens the session's chat socket. Rejects when it can't be opened; what happens later is told to
   * `onClose`, and it is not opened again.
   */
  openChat(options: ChatOptions): Promise<StreamingChat> {
    const {
      sessionId,
      token,
      silenceResponse,
      openingText,
      sttLanguage,
      pushToTalk,
      timeout,
      signal,
      ...listeners
    } = options;
    const query: wire.ChatQuery = {
      session_id: sessionId,
      session_token: token,
      silence_response: silenceResponse ?? false,
      push_to_talk: pushToTalk,
      opening_text: openingText,
      stt_language: sttLanguage,
    };
    return openChat({
      url: `${this.baseUrl.replace(/^http/, 'ws')}${wire.endpoints.chat}${queryString(query)}`,
      secrets: [token],
      timeout: timeout ?? this.#connection.timeout,
      signal,
      logger: this.#connection.logger,
      listeners,
    });
  }

  /**
   * Closes the kept connections; calls under way fail. The client's sessions live on. Not needed for the
   * process to end.
   */
  close(): Promise<void> {
    return this.#connection.close();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  [inspect.custom](): string {
    return `HeyGenClient { baseUrl: '${this.baseUrl}' }`;
  }

  #onSession(
    what: string,
    path: string,
    sessionId: string,
    call: CallOptions & { repeat: Repeat },
  ): Promise<void> {
    return this.#requester.call({
      what,
      path,
      body: { session_id: sessionId } satisfies wire.SessionIdRequest,
      ...call,
    });
  }
}
