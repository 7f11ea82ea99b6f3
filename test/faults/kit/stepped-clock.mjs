// Loaded into a process by --import: its wall clock is as many ms off as the file that FAULTS_CLOCK_FILE names says.
// Only `Date` is moved, as a step of the system's clock would: monotonic time goes on.
import { readFileSync } from 'node:fs';

const file = process.env['FAULTS_CLOCK_FILE'];
const RealDate = Date;
let offsetMs = 0;

const look = () => {
  try {
    offsetMs = Number(readFileSync(file, 'utf8')) || 0;
  } catch {
    offsetMs = 0;
  }
};
look();
setInterval(look, 200).unref();

globalThis.Date = class Date extends RealDate {
  constructor(...args) {
    if (args.length === 0) super(RealDate.now() + offsetMs);
    else super(...args);
  }

  static now() {
    return RealDate.now() + offsetMs;
  }
};
