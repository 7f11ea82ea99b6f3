import type { VendorLink } from './vendor-link.ts';

/** Work under way that can be cancelled. `done` never rejects. */
export type Task = { cancel: AbortController; done: Promise<void> };

/** Since when a vendor session is on the stage, and when its successor is due; ms by now(). */
export type Age = { upAt: number; rollAt: number };

/**
 * A session's vendor session, and whether it is on the stage.
 *
 *     none ---> opening ---> up <----> rolling          a successor is opened and switched to
 *      ^                     | ^
 *      |                     v |
 *      +---- (lost) --- offstage ---> returning         the stage was lost, the vendor session is kept
 */
export type Links =
  /** There is none. */
  | { name: 'none' }
  /** One is being taken over or opened, and put on the stage. */
  | { name: 'opening'; task: Task }
  /** It is on the stage and can be spoken to. */
  | { name: 'up'; link: VendorLink; age: Age }
  /** It can be spoken to while its successor is on the way. */
  | { name: 'rolling'; link: VendorLink; age: Age; task: Task }
  /** It lives, but is not on the stage. */
  | { name: 'offstage'; link: VendorLink; age: Age }
  /** It is being put on the stage again. */
  | { name: 'returning'; link: VendorLink; age: Age; task: Task }
  /** Nothing is opened any more; what lived then is to be stopped, or left to the session's next owner. */
  | { name: 'closed'; link: VendorLink | undefined };

export type LinkEvent =
  | { type: 'opening'; task: Task }
  /** One is on the stage: the first, the same one again, or the successor of the one that lived. */
  | { type: 'opened'; link: VendorLink; age: Age }
  /** The vendor session is there, but the stage can't be joined. */
  | { type: 'unstaged'; link: VendorLink; age: Age }
  /** Nothing could be opened or put on the stage, or the work was cancelled. */
  | { type: 'failed' }
  | { type: 'rolling'; task: Task }
  /** The former one goes on; its successor is tried again at `retryAt`. */
  | { type: 'not-rolled'; retryAt: number }
  | { type: 'stage-lost' }
  /** The vendor session is given up. */
  | { type: 'lost' }
  | { type: 'closed' };

/** The state after an event; the same object when the event means nothing now. */
export function next(links: Links, event: LinkEvent): Links {
  if (links.name === 'closed') return links;
  switch (event.type) {
    case 'opening':
      if (links.name === 'none') return { name: 'opening', task: event.task };
      return links.name === 'offstage' ? { ...links, name: 'returning', task: event.task } : links;
    case 'opened':
      return taskOf(links) ? { name: 'up', link: event.link, age: event.age } : links;
    case 'unstaged':
      return links.name === 'opening' || links.name === 'returning' ? offstage(event) : links;
    case 'failed':
      if (links.name === 'opening') return { name: 'none' };
      return links.name === 'returning' ? offstage(links) : links;
    case 'rolling':
      return links.name === 'up' ? { ...links, name: 'rolling', task: event.task } : links;
    case 'not-rolled':
      return links.name === 'rolling'
        ? { name: 'up', link: links.link, age: { ...links.age, rollAt: event.retryAt } }
        : links;
    case 'stage-lost':
      return links.name === 'up' || links.name === 'rolling' ? offstage(links) : links;
    case 'lost':
      return living(links) ? { name: 'none' } : links;
    case 'closed':
      return { name: 'closed', link: living(links) };
  }
}

/** The vendor session that lives, on the stage or not. */
export function living(links: Links): VendorLink | undefined {
  return 'link' in links ? links.link : undefined;
}

/** The one that can be spoken to. */
export function current(links: Links): VendorLink | undefined {
  return links.name === 'up' || links.name === 'rolling' ? links.link : undefined;
}

export function taskOf(links: Links): Task | undefined {
  return 'task' in links ? links.task : undefined;
}

function offstage({ link, age }: { link: VendorLink; age: Age }): Links {
  return { name: 'offstage', link, age };
}
