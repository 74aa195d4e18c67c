/** CPU time in nanoseconds and what getrusage(2) counts. */
export interface Usage {
  userNs: number;
  systemNs: number;
  minorFaults: number;
  majorFaults: number;
  voluntarySwitches: number;
  involuntarySwitches: number;
  /** Largest resident set, pages. */
  residentPeak: number;
}

export function noUsage(): Usage {
  return { userNs: 0, systemNs: 0, minorFaults: 0, majorFaults: 0, voluntarySwitches: 0, involuntarySwitches: 0, residentPeak: 0 };
}

export function addUsage(to: Usage, more: Usage): void {
  to.userNs += more.userNs;
  to.systemNs += more.systemNs;
  to.minorFaults += more.minorFaults;
  to.majorFaults += more.majorFaults;
  to.voluntarySwitches += more.voluntarySwitches;
  to.involuntarySwitches += more.involuntarySwitches;
  to.residentPeak = Math.max(to.residentPeak, more.residentPeak);
}
