import { BaseAdapter } from '@bull-board/api/dist/queueAdapters/base.js';
import type {
  JobCounts,
  JobState,
  JobStatus,
  QueueJob,
  QueueJobJson,
  QueueMetrics,
  Status,
} from '@bull-board/api/typings/app';
import { MessageId, type Message, type MessageState, type Session } from '@avatar-bridge/contracts';
import type { MailboxQueue } from '@avatar-bridge/session-store';

type BoardState = 'waiting' | 'active' | 'completed' | 'failed';

/** How the board calls the states of messages. */
const statesOf: Record<BoardState, readonly MessageState[]> = {
  waiting: ['accepted'],
  active: ['speaking'],
  completed: ['spoken', 'interrupted'],
  failed: ['failed', 'expired', 'dropped'],
};
const boardStates = Object.keys(statesOf) as BoardState[];

function boardState(state: MessageState): BoardState {
  return boardStates.find((one) => statesOf[one].includes(state)) ?? 'waiting';
}

/** A session's mailbox as one of the board's queues, to look at only. */
export class MailboxAdapter extends BaseAdapter {
  readonly #mailbox: MailboxQueue;

  constructor(session: Session, mailbox: MailboxQueue) {
    super('bullmq', {
      readOnlyMode: true,
      displayName: `mailbox ${session.id}`,
      description: `${session.state}, room ${session.room}, ${session.pending} unfinished`,
    });
    this.#mailbox = mailbox;
  }

  getName(): string {
    return `mailbox-${this.#mailbox.sessionId}`;
  }

  async getJobCounts(): Promise<JobCounts> {
    const counts = await this.#mailbox.counts();
    const of = (state: BoardState): number => statesOf[state].reduce((sum, one) => sum + counts[one], 0);
    const rest = { delayed: 0, paused: 0, prioritized: 0, 'waiting-children': 0 };
    return {
      ...rest,
      waiting: of('waiting'),
      active: of('active'),
      completed: of('completed'),
      failed: of('failed'),
    };
  }

  async getJobs(statuses: JobStatus[], start = 0, end = 9): Promise<QueueJob[]> {
    const pages = await Promise.all(
      boardStates
        .filter((state) => statuses.includes(state))
        .map((state) =>
          this.#mailbox.list({
            states: statesOf[state],
            start,
            end,
            newestFirst: state !== 'waiting' && state !== 'active',
          }),
        ),
    );
    return pages.flat().map(asJob);
  }

  async getJob(id: string): Promise<QueueJob | undefined> {
    if (!MessageId.safeParse(id).success) return undefined;
    const message = await this.#mailbox.get(id);
    return message && asJob(message);
  }

  getStatuses(): Status[] {
    return ['latest', ...boardStates];
  }

  getJobStatuses(): JobStatus[] {
    return boardStates;
  }

  async getJobLogs(): Promise<string[]> {
    return [];
  }

  async getMetrics(): Promise<QueueMetrics> {
    return { meta: { count: 0, prevTS: 0, prevCount: 0 }, data: [], count: 0 };
  }

  async getRedisInfo(): Promise<null> {
    return null;
  }

  async isPaused(): Promise<boolean> {
    return false;
  }

  async getGlobalConcurrency(): Promise<number> {
    return 1;
  }

  override async getWorkers(): Promise<null> {
    return null;
  }

  async getJobSchedulers(): Promise<[]> {
    return [];
  }

  async getJobSchedulersCount(): Promise<number> {
    return 0;
  }

  clean = readOnly;
  addJob = readOnly;
  pause = readOnly;
  resume = readOnly;
  empty = readOnly;
  obliterate = readOnly;
  promoteAll = readOnly;
  removeJobScheduler = readOnly;
  updateJobScheduler = readOnly;
  runJobSchedulerNow = readOnly;
  setGlobalConcurrency = readOnly;
}

/** The board does not ask a read-only queue for these. */
async function readOnly(): Promise<never> {
  throw new Error('Mailboxes can only be looked at here');
}

function asJob(message: Message): QueueJob {
  return {
    opts: {},
    toJSON: () => jobOf(message),
    getState: async (): Promise<JobState> => boardState(message.state),
    promote: readOnly,
    remove: readOnly,
    retry: readOnly,
  };
}

function jobOf({
  id,
  seq,
  mode,
  state,
  text,
  acceptedAt,
  submittedAt,
  finishedAt,
  reason,
  ...rest
}: Message): QueueJobJson {
  return {
    id,
    name: `#${seq} ${mode}: ${state}`,
    data: { text, mode, ...rest },
    timestamp: acceptedAt,
    processedOn: submittedAt,
    finishedOn: finishedAt,
    failedReason: boardState(state) === 'failed' ? (reason ?? state) : '',
    progress: 0,
    attemptsMade: 0,
    stacktrace: [],
    returnvalue: state,
    opts: {},
  };
}
