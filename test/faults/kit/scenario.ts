import type { Outcome } from './trial.ts';

export type ScenarioOptions = {
  provider: string;
  /** How often the fault happens. */
  times: number | undefined;
  /** How long a fault of a chosen length lasts. */
  seconds: number | undefined;
  /** How many sessions, where that can be chosen. */
  sessions: number | undefined;
  logs: string | undefined;
  say: (line: string) => void;
};

export type Scenario = {
  summary: string;
  run(options: ScenarioOptions): Promise<Outcome>;
};
