import Table from 'cli-table3';
import { describeMachine } from '../../../perf/bench-servers.ts';
import type { Bound } from './measures.ts';
import type { Outcome } from './trial.ts';

const boundOf = ({ p95, max }: Bound): string =>
  [p95 === undefined ? '' : `p95 <= ${p95}`, max === undefined ? '' : `max <= ${max}`]
    .filter(Boolean)
    .join(', ');

/** What a scenario measured, for people. */
export function describeOutcome(title: string, outcome: Outcome): string {
  const table = new Table({
    head: ['', 'p50', 'p95', 'max', 'n', 'bound', ''],
    style: { head: [], border: [] },
  });
  for (const { what, unit, spread, bound, ok } of outcome.measures) {
    const name = unit ? `${what}, ${unit}` : what;
    const verdict = boundOf(bound) === '' ? '' : ok ? 'PASS' : 'FAIL';
    table.push([name, spread.p50, spread.p95, spread.max, spread.count, boundOf(bound), verdict]);
  }
  return [
    `\n${title}: ${outcome.passed ? 'PASS' : 'FAIL'}`,
    describeMachine(),
    table.toString(),
    describeLedger(outcome),
    '',
  ].join('\n');
}

export function describeLedger({ ledger, findings, settled }: Omit<Outcome, 'measures' | 'passed'>): string {
  const entries = Object.entries(ledger).map(([name, count]) => `${name} ${count}`);
  return [
    `ledger: ${entries.join(', ')}`,
    ...(settled ? [] : ['  not everything came to an end in time']),
    ...findings
      .slice(0, 20)
      .map(({ kind, session, message, why }) => `  ${kind}: session ${session} message ${message}: ${why}`),
  ].join('\n');
}
