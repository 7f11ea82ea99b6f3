import { buildSenderReport, ntpOf } from '@avatar-bridge/livekit-rtp';
import type { Inlet } from '../inbound/inlet.ts';
import type { LegOutput } from './leg-output.ts';
import type { LegStats } from './leg-stats.ts';
import { NTP_EPOCH_DIFFERENCE } from '../inbound/source-clock.ts';
import type { Timeline } from './timeline.ts';

export type SenderReportsOptions = {
  output: LegOutput;
  timeline: Timeline;
  stats: LegStats;
  /** Time 0 of `now` in ms since 1970. */
  epoch: number;
};

/**
 * The sender reports of one outbound track (RFC 3550, 6.4.1): those of its sources, on our clock and
 * timeline, with our counts.
 */
export class SenderReports {
  readonly #options: SenderReportsOptions;
  #lastNtp = -Infinity;

  constructor(options: SenderReportsOptions) {
    this.#options = options;
  }

  /** The last report of the source, if it has sent any. */
  pass({ report, clock }: Inlet): void {
    if (report === undefined) return;
    const { epoch, timeline } = this.#options;
    this.#send(clock.toOurs(report.ntp, epoch + report.at), timeline.map(report.timestamp));
  }

  /**
   * The timestamps were moved, so the relation of voice and picture is another one, and the next report of
   * the source may be seconds away. Its last one is carried on to now; without one, the packet with
   * `timestamp`, which has just come, was made just now.
   */
  carryOn({ report, clock }: Inlet, timestamp: number, now: number): void {
    const { epoch, timeline, output } = this.#options;
    const ntp = epoch + now + NTP_EPOCH_DIFFERENCE;
    const since = report === undefined ? 0 : ntp - clock.toOurs(report.ntp, epoch + report.at);
    const at = (report?.timestamp ?? timestamp) + Math.round((since * output.clockRate) / 1000);
    this.#send(ntp, timeline.map(at));
  }

  /** `ntp`: ms since 1900. A report that is not newer than the last is left out. */
  #send(ntp: number, timestamp: number): void {
    if (ntp <= this.#lastNtp) return;
    this.#lastNtp = ntp;
    const { stats, output } = this.#options;
    const { packets: packetCount, octets: octetCount } = stats;
    const time = ntpOf(ntp - NTP_EPOCH_DIFFERENCE);
    output.send(
      buildSenderReport({ ssrc: output.ssrc, ...time, rtpTimestamp: timestamp, packetCount, octetCount }),
    );
  }
}
