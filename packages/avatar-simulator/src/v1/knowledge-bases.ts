import { randomUUID } from 'node:crypto';
import type { KnowledgeBase, KnowledgeBaseRequest } from '@avatar-bridge/heygen-client';
import { VendorFailure } from './http/vendor-failure.ts';
import { bounds } from '../limits.ts';

/** The account's knowledge bases: a prompt to answer from, and what is said first. */
export class KnowledgeBases {
  readonly #all = new Map<string, KnowledgeBase>();

  list(): KnowledgeBase[] {
    return [...this.#all.values()];
  }

  get(id: string): KnowledgeBase | undefined {
    return this.#all.get(id);
  }

  create(request: KnowledgeBaseRequest): KnowledgeBase {
    if (this.#all.size >= bounds.knowledgeBases)
      throw VendorFailure.invalid(`there are ${bounds.knowledgeBases} knowledge bases already`);
    const created = { id: randomUUID().replaceAll('-', ''), ...request };
    this.#all.set(created.id, created);
    return created;
  }

  update(id: string, request: KnowledgeBaseRequest): KnowledgeBase {
    if (!this.#all.has(id)) throw VendorFailure.invalid('there is no such knowledge base');
    const updated = { id, ...request };
    this.#all.set(id, updated);
    return updated;
  }

  clear(): void {
    this.#all.clear();
  }
}
