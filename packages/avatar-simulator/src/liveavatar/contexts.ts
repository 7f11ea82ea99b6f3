import { randomUUID } from 'node:crypto';
import type { Context, ContextRequest } from '@avatar-bridge/heygen-client/liveavatar';
import { bounds } from '../limits.ts';
import { LiveAvatarFailure } from './http/failure.ts';

/** The account's contexts: what talk is answered from, and what is said first. */
export class Contexts {
  readonly #all = new Map<string, Context>();

  list(): Context[] {
    return [...this.#all.values()];
  }

  get(id: string): Context | undefined {
    return this.#all.get(id);
  }

  /** Throws the vendor's error for one that does not exist. */
  require(id: string): Context {
    const context = this.#all.get(id);
    if (!context) throw LiveAvatarFailure.from({ status: 404, message: 'Context not found' });
    return context;
  }

  create(request: ContextRequest): Context {
    if (this.#all.size >= bounds.contexts) {
      throw LiveAvatarFailure.from({ status: 400, message: `There are ${bounds.contexts} contexts already` });
    }
    return this.#put(randomUUID(), request);
  }

  update(id: string, request: ContextRequest): Context {
    this.require(id);
    return this.#put(id, request);
  }

  delete(id: string): void {
    this.require(id);
    this.#all.delete(id);
  }

  clear(): void {
    this.#all.clear();
  }

  #put(id: string, request: ContextRequest): Context {
    const texts = `${request.prompt} ${request.opening_text}`;
    const variables = [...texts.matchAll(/\$\{(\w+)\}/g)].map(([, name]) => name!);
    const context = { id, ...request, required_dynamic_variables: [...new Set(variables)] };
    this.#all.set(id, context);
    return context;
  }
}
